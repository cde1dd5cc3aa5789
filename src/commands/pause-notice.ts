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
  log.notice(`failover is paused for about another ${inWords(leftMs)}: ${reason}`);
}

/** To two digits or so: it is for people. */
function inWords(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 100) return formatDuration(seconds * 1000);
  const minutes = Math.round(seconds / 60);
  return formatDuration((minutes < 100 ? minutes : Math.round(minutes / 60) * 60) * 60_000);
}
