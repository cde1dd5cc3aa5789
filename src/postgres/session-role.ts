/**
 * target_session_attrs: whether a server that answered is the kind of server that is wanted.
 * See https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-TARGET-SESSION-ATTRS
 */
import { failure } from '../errors.ts';
import type { Conninfo } from '../model/conninfo.ts';
import type { OpenedClient } from './connection-attempt.ts';
import { beforeDeadline } from './deadline.ts';

const sessionRoles = ['any', 'read-write', 'read-only', 'primary', 'standby'] as const;
export type SessionRole = (typeof sessionRoles)[number];

/**
 * The roles to look for, each on all hosts: `prefer-standby` means a standby first, then any.
 * @throws RepmgrError conninfo_invalid
 */
export function rolesToTry(settings: Conninfo): readonly SessionRole[] {
  const given = settings['target_session_attrs'] ?? 'any';
  if (given === 'prefer-standby') {
    return ['standby', 'any'];
  }
  const role = sessionRoles.find((candidate) => candidate === given);
  if (role === undefined) {
    throw failure('conninfo_invalid', {
      message: 'invalid target_session_attrs value',
      detail: `The value is "${given}".`,
      hint: `Use one of ${sessionRoles.join(', ')}, prefer-standby.`,
    });
  }
  return [role];
}

/**
 * Asks the server, where its role matters.
 * @returns what is wrong with it, or undefined where it is the one
 */
export async function mismatchedRole(
  { client }: OpenedClient,
  wanted: SessionRole,
  deadlineMs: number,
): Promise<string | undefined> {
  if (wanted === 'any') {
    return undefined;
  }
  try {
    const sql =
      wanted === 'primary' || wanted === 'standby'
        ? 'SELECT pg_catalog.pg_is_in_recovery() AS yes'
        : "SELECT pg_catalog.current_setting('transaction_read_only') = 'on' AS yes";
    const result = await beforeDeadline(client.query(sql, []), { deadlineMs });
    const answer = ('rows' in result ? result.rows[0] : undefined) as { yes: boolean } | undefined;
    const isRestricted = answer?.yes === true;
    const isWanted = isRestricted === (wanted === 'standby' || wanted === 'read-only');
    return isWanted ? undefined : `it is not ${descriptions[wanted]}`;
  } catch {
    return 'it did not say whether it is a primary or a standby';
  }
}

const descriptions: Readonly<Record<Exclude<SessionRole, 'any'>, string>> = {
  'read-write': 'writable',
  'read-only': 'read-only',
  primary: 'a primary',
  standby: 'a standby',
};
