/** Runs repmgr on the host of another node, by SSH. */
import { join } from 'node:path';
import { failure } from '../errors.ts';
import { type Conninfo, formatConninfo, withoutSecrets } from '../model/conninfo.ts';
import type { NodeRecord } from '../model/node.ts';
import { readConninfo } from '../postgres/conninfo-defaults.ts';
import type { CommandResult } from '../system/command.ts';
import { runOverSsh, type SshCall } from '../system/ssh.ts';

/** How other hosts are logged in to, and what is run there. */
export interface RemoteAccess {
  readonly sshOptions: string | undefined;
  /** Of -R; unset: as ssh decides. */
  readonly remoteUser: string | undefined;
  /** Where the program lies over there; unset: in the PATH. */
  readonly repmgrBindir: string | undefined;
}

/**
 * @param words for repmgr over there; no secrets, since process lists show them
 * @returns its result, whatever its exit code
 * @throws RepmgrError as runOverSsh; conninfo_invalid where no host is known
 */
export async function runRepmgrOn(
  node: NodeRecord,
  words: readonly string[],
  access: RemoteAccess,
  call: SshCall,
): Promise<CommandResult> {
  const { repmgrBindir } = access;
  const program = repmgrBindir === undefined ? 'repmgr' : join(repmgrBindir, 'repmgr');
  return await runOn(node, [program, ...words], access, call);
}

/** The same for another program. @throws RepmgrError as runRepmgrOn */
export async function runOn(
  node: NodeRecord,
  words: readonly [string, ...string[]],
  { sshOptions, remoteUser }: RemoteAccess,
  call: SshCall,
): Promise<CommandResult> {
  return await runOverSsh({ host: hostOf(node), user: remoteUser, options: sshOptions }, words, call);
}

/** @throws RepmgrError conninfo_invalid */
export function hostOf(node: NodeRecord): string {
  const conninfo = readConninfo(node.conninfo);
  const host = firstHost(conninfo);
  if (host !== '' && !/^[/@]/.test(host)) return host;
  throw failure('conninfo_invalid', {
    message: `the conninfo of node "${node.name}" (ID: ${node.id}) names no host that SSH could reach`,
    detail: `It is "${formatConninfo(withoutSecrets(conninfo))}".`,
    hint: 'Write a host that all nodes know into conninfo of its repmgr.conf, and register it again with --force.',
  });
}

function firstHost(conninfo: Conninfo): string {
  return (conninfo['host'] || conninfo['hostaddr'] || '').split(',')[0] ?? '';
}
