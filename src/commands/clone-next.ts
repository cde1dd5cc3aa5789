/** What is left to be done by whoever made a standby: to start its server, and to register it. */
import { join } from 'node:path';
import type { MetadataFacts } from '../cluster/clone/metadata.ts';
import type { CommandContext } from './command.ts';

/** Tells it by NOTICEs, with the commands as HINTs. */
export function whatNext(
  { config, options, log }: CommandContext,
  metadata: MetadataFacts,
  { dataDirectory, isRunning }: { readonly dataDirectory: string; readonly isRunning: boolean },
): void {
  const programDirectory = options.pgBindir ?? config?.pgBindir;
  const pgCtl = programDirectory === undefined ? 'pg_ctl' : join(programDirectory, 'pg_ctl');
  const action = isRunning ? 'restart' : 'start';
  const command = isRunning ? config?.serviceRestartCommand : config?.serviceStartCommand;
  log.notice(isRunning ? 'the server has to be restarted now' : 'the new standby can be started now', {
    hint: `For example: ${command ?? `${pgCtl} -D "${dataDirectory}" ${action}`}`,
  });
  if (config === undefined) return;
  const isRegistered = metadata.kind === 'found' && metadata.nodes.some(({ id }) => id === config.nodeId);
  log.notice(`after its start it has to be registered${isRegistered ? ' again' : ''}`, {
    hint: `repmgr -f "${config.sourceFile}" standby register${isRegistered ? ' --force' : ''}`,
  });
}
