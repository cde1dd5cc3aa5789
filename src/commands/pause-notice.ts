/** Whether failover is paused, which whoever runs a command should know: asked of the repmgrd of this node, in passing. */
import { existsSync } from 'node:fs';
import type { PauseView } from '../api/view.ts';
import type { Config } from '../config/resolve.ts';
import { limits } from '../limits.ts';
import type { Logger } from '../log/logger.ts';
import { toNodeId } from '../model/node.ts';
import { controlSocketPath } from '../api/control-path.ts';
import { formatDuration } from '../model/duration.ts';

/** Undefined where there is no pause, or no repmgrd of this node that could know; it never throws. */
export async function findPause(config: Config, signal: AbortSignal): Promise<PauseView | undefined> {
  const node = toNodeId(config.nodeId);
  if (node === undefined) return undefined;
  const path = controlSocketPath(config.stateDirectory, config.clusterName, node);
  if (!existsSync(path)) return undefined;
  try {
    const { askDaemon } = await import('../api/control-client.ts');
    const { view } = await askDaemon({ kind: 'status' }, { path, deadlineMs: limits.pauseNoticeMs, signal });
    return view.pause ?? undefined;
  } catch {
    return undefined;
  }
}

/** The first line of what a command says. */
export function tellOfPause({ reason, leftMs }: PauseView, log: Logger): void {
  const left = formatDuration(Math.max(1000, Math.round(leftMs / 1000) * 1000));
  log.notice(`failover is paused for another ${left}: ${reason}`);
}
