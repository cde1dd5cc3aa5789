/** What a role that is no superuser needs for repmgr on a version of PostgreSQL, and what it cannot have. Pure. */
import { backupFunctions } from '../../postgres/queries/backup-functions.ts';
import type { Capabilities } from '../../postgres/version.ts';
import { quoteIdentifier } from '../metadata/names.ts';
import type { RoleFacts } from './role.ts';

export interface Grant {
  readonly sql: string;
  /** What it is for. */
  readonly purpose: string;
  readonly isGranted: boolean;
}

/** Something that the role will not do, or does differently, and why. */
export interface Limit {
  readonly what: string;
  readonly reason: string;
}

export interface GrantPlan {
  readonly grants: readonly Grant[];
  readonly limits: readonly Limit[];
}

/** Predefined roles of this version whose rights repmgr needs. */
export function neededRoles({ hasPredefinedRoles, hasCheckpointRole }: Capabilities): string[] {
  return [...(hasPredefinedRoles ? ['pg_monitor'] : []), ...(hasCheckpointRole ? ['pg_checkpoint'] : [])];
}

/** Functions of this version that repmgr calls and PostgreSQL keeps for superusers. */
export function neededFunctions({ hasPromoteFunction, canReloadPrimaryConninfo }: Capabilities): string[] {
  return [
    ...(hasPromoteFunction ? ['pg_catalog.pg_promote(boolean, integer)'] : []),
    ...(canReloadPrimaryConninfo ? ['pg_catalog.pg_reload_conf()'] : []),
  ];
}

const purposes: Readonly<Record<string, string>> = {
  pg_monitor: 'see settings, and who streams from whom',
  pg_checkpoint: 'make a checkpoint after a promotion, for pg_rewind',
  'pg_catalog.pg_promote(boolean, integer)': 'promote a standby by SQL',
  'pg_catalog.pg_reload_conf()': 'let a standby follow another node by a reload',
};

export function planGrants(facts: RoleFacts, capabilities: Capabilities): GrantPlan {
  const role = quoteIdentifier(facts.role);
  const granted = (sql: string, purpose: string, isGranted: boolean): Grant => ({ sql, purpose, isGranted });
  return {
    grants: [
      ...attributes(facts, role),
      granted(
        `GRANT CONNECT ON DATABASE ${quoteIdentifier(facts.database)} TO ${role};`,
        'reach the metadata',
        facts.attributes?.canConnect === true,
      ),
      ...metadataRights(facts, role),
      ...neededRoles(capabilities).map((name) =>
        granted(`GRANT ${name} TO ${role};`, purposes[name] ?? '', facts.memberOf.includes(name)),
      ),
      ...neededFunctions(capabilities).map((name) =>
        granted(
          `GRANT EXECUTE ON FUNCTION ${name} TO ${role};`,
          purposes[name] ?? '',
          facts.functions.includes(name),
        ),
      ),
    ],
    limits: limitsOf(capabilities, role),
  };
}

function attributes({ attributes: own }: RoleFacts, role: string): Grant[] {
  const purpose = 'log in, copy servers, stream, make and drop replication slots';
  if (own === undefined) {
    return [{ sql: `CREATE ROLE ${role} LOGIN REPLICATION;`, purpose, isGranted: false }];
  }
  const isGranted = own.canLogIn && own.canReplicate && own.inherits;
  return [{ sql: `ALTER ROLE ${role} LOGIN REPLICATION INHERIT;`, purpose, isGranted }];
}

/** Later versions add tables and replace views, which only their owner may. */
function metadataRights(facts: RoleFacts, role: string): Grant[] {
  const schema = quoteIdentifier(facts.schema);
  const purpose = 'write and upgrade the metadata';
  if (facts.ownsSchema === undefined) {
    const sql = `GRANT CREATE ON DATABASE ${quoteIdentifier(facts.database)} TO ${role};`;
    const isGranted = facts.attributes?.canCreateSchema === true;
    return [{ sql, purpose: `make the schema ${schema}, by "repmgr primary register"`, isGranted }];
  }
  return [
    { sql: `ALTER SCHEMA ${schema} OWNER TO ${role};`, purpose, isGranted: facts.ownsSchema },
    ...facts.relationsOfOthers.map((relation) => ({
      sql: `ALTER TABLE ${schema}.${quoteIdentifier(relation)} OWNER TO ${role};`,
      purpose,
      isGranted: false,
    })),
  ];
}

function limitsOf(capabilities: Capabilities, role: string): Limit[] {
  const { hasPredefinedRoles, hasPromoteFunction, hasCheckpointRole, hasHostBasedRulesView } = capabilities;
  const limits: (Limit | false)[] = [
    !hasPredefinedRoles && {
      what: 'cluster show does not see who streams from whom, and the data directory must stand in repmgr.conf (data_directory)',
      reason: 'PostgreSQL shows that to superusers only before version 10',
    },
    !hasPromoteFunction && {
      what: 'standby promote runs pg_ctl or service_promote_command',
      reason: 'PostgreSQL cannot be promoted by SQL before version 12',
    },
    !hasCheckpointRole && {
      what: 'standby promote makes no checkpoint: pg_rewind finds the new timeline after the next one, within checkpoint_timeout',
      reason: 'CHECKPOINT is for superusers only before PostgreSQL 15',
    },
    {
      what: 'standby clone --rsync-only may not make the backup that it needs; the other methods need nothing more',
      reason:
        capabilities.backupApi === 'exclusive'
          ? 'before PostgreSQL 9.6 only a superuser can read its files'
          : `not everybody copies that way, so that right is not given here: ${backupFunctions(capabilities)
              .map((name) => `GRANT EXECUTE ON FUNCTION ${name} TO ${role};`)
              .join(' ')}`,
    },
    {
      what: 'witness create cannot take over pg_hba.conf of the primary and makes minimal rules',
      reason: hasHostBasedRulesView
        ? `the rules may hold secrets, so that right is not given here: GRANT SELECT ON pg_hba_file_rules TO ${role}; GRANT EXECUTE ON FUNCTION pg_hba_file_rules() TO ${role};`
        : 'the file is shown to superusers only',
    },
    {
      what: 'witness create cannot take over the password that the role has on the primary; it needs PGPASSWORD, ~/.pgpass or --pwprompt',
      reason: 'pg_authid is shown to superusers only',
    },
    {
      what: 'starting, stopping and restarting a server needs its operating system user, or the service commands of repmgr.conf',
      reason: 'no right inside of PostgreSQL allows it, not even that of a superuser',
    },
  ];
  return limits.filter((limit) => limit !== false);
}
