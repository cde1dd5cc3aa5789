/** Whom the servers of a sandbox run as: PostgreSQL refuses root, so root starts them as somebody else. */
import { readFile } from 'node:fs/promises';
import { failure } from '../errors.ts';

export interface SandboxUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** A folder of the sandbox: what lies in the user's real home (.pgpass, .pg_service.conf) has no influence. */
  readonly home: string;
}

const candidates = ['postgres', 'nobody'];

/**
 * @returns undefined where we are not root: then everything runs as ourselves
 * @throws RepmgrError sandbox_user_missing
 */
export async function unprivilegedUser(home: string): Promise<SandboxUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  for (const name of candidates) {
    const account = findAccount(passwd, name);
    if (account !== undefined) return { name, ...account, home };
  }
  throw failure('sandbox_user_missing', {
    message: 'there is no user to run the servers as',
    detail: `PostgreSQL refuses to run as root, and /etc/passwd has none of: ${candidates.join(', ')}.`,
    hint: 'Make one with "useradd --system postgres", or run repmgr sandbox as a normal user.',
  });
}

/** Pure: the numbers of an account in the text of /etc/passwd. An account of root's is none. */
export function findAccount(passwd: string, name: string): { uid: number; gid: number } | undefined {
  const fields = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find(([account]) => account === name);
  const [uid, gid] = [Number(fields?.[2]), Number(fields?.[3])];
  return Number.isInteger(uid) && Number.isInteger(gid) && uid > 0 ? { uid, gid } : undefined;
}
