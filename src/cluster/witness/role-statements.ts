/** The SQL that makes role and database of a new witness; the role is no superuser. Pure. */
import { quoteIdentifier } from '../metadata/names.ts';
import type { CreationWish } from './creation-plan.ts';

/** As PostgreSQL stores them; undefined: the role gets none. */
export interface StoredPasswords {
  readonly user: string | undefined;
  readonly superuser: string | undefined;
}

/** One line each, as single-user mode wants them. */
export function statementsForRole(
  { user, superuser, database }: Pick<CreationWish, 'user' | 'superuser' | 'database'>,
  passwords: StoredPasswords,
): string[] {
  const role = quoteIdentifier(user);
  const owner = quoteIdentifier(superuser);
  const setPassword = (name: string, stored: string | undefined): string[] =>
    stored === undefined ? [] : [`ALTER ROLE ${name} PASSWORD '${stored}';`];
  const isInitialDatabase = ['postgres', 'template1'].includes(database);
  return [
    ...setPassword(owner, passwords.superuser),
    ...(user === superuser ? [] : [`CREATE ROLE ${role} LOGIN;`]),
    ...setPassword(role, passwords.user),
    ...(isInitialDatabase
      ? user === superuser
        ? []
        : [`GRANT CREATE ON DATABASE ${quoteIdentifier(database)} TO ${role};`]
      : [`CREATE DATABASE ${quoteIdentifier(database)} OWNER ${role};`]),
  ];
}
