/** Brings recovery settings that were written into force: by a reload, a restart or a start of the local server. */
import type { NodeRecord } from '../../model/node.ts';
import { connect } from '../../postgres/connection.ts';
import { requestReload } from '../../postgres/queries/reload.ts';
import { controlServer, describeControl } from '../../postgres/server-process.ts';
import { nodeLabel } from '../register/record.ts';
import type { LocalFacts } from './local.ts';

/** How new recovery settings come into force. */
export type Activation = 'reload' | 'restart' | 'start';

/** @throws RepmgrError server_control_failed, data_directory_unusable, interrupted, or of the connection */
export async function activate(
  { server, state }: LocalFacts,
  activation: Activation,
  { conninfo, signal }: { readonly conninfo: string; readonly signal?: AbortSignal },
): Promise<void> {
  if (!isReloadBySql({ server, state }, activation)) {
    await controlServer(server, activation, { signal });
    return;
  }
  const connection = await connect(conninfo, { signal });
  try {
    await requestReload(connection);
  } finally {
    await connection.close();
  }
}

export function activationInWords(local: LocalFacts, activation: Activation): string {
  return isReloadBySql(local, activation)
    ? 'let the server read them: call pg_reload_conf()'
    : `${activation} the server: run "${describeControl(local.server, activation)}"`;
}

export function attachedByRepmgrd(upstream: NodeRecord): string {
  return `have the repmgrd of this node judge whether it may follow node ${nodeLabel(upstream)}, and attach it, with the settings of repmgr.conf`;
}

function isReloadBySql(
  { server, state }: Pick<LocalFacts, 'server' | 'state'>,
  activation: Activation,
): boolean {
  const isAllowed = state.kind === 'running' && state.mayReloadBySql;
  return activation === 'reload' && server.commands.reload === undefined && isAllowed;
}
