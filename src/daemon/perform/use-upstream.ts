/** Lets the own standby use the upstream that its settings are to name: by a reload, up to 12 by a restart. */
import { limits } from '../../limits.ts';
import type { RecoverySettings } from '../../postgres/recovery-config.ts';
import { findPostmaster } from '../../postgres/postmaster.ts';
import { controlServer } from '../../postgres/server-process.ts';
import type { OwnServer, PerformContext } from './context.ts';
import { allowRetries, forgetFormerConninfo, isInMemory, setUpstream } from './receiver-settings.ts';
import { reload } from './reload.ts';

/**
 * @param settings with primary_conninfo
 * @throws the system's error; RepmgrError server_control_failed, interrupted
 */
export async function useUpstream(
  { signal }: PerformContext,
  server: OwnServer,
  settings: RecoverySettings,
): Promise<void> {
  const isReloadable = server.version.capabilities.canReloadPrimaryConninfo;
  const mustRestart = !isReloadable && !(await isInMemory(server, settings['primary_conninfo']));
  await setUpstream(server, settings);
  await allowRetries(server);
  await forgetFormerConninfo(server);
  if (mustRestart && (await findPostmaster(server.dataDirectory)) !== undefined) {
    await controlServer(server.control, 'restart', { deadlineMs: limits.recoveryMs, signal });
  } else {
    await reload(server);
  }
}
