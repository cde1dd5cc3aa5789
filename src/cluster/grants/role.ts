/** What the role that repmgr works as may do on a server. Looks only. */
import type { Connection } from '../../postgres/connection.ts';
import { schemaName } from '../metadata/names.ts';

export interface RoleFacts {
  readonly role: string;
  readonly database: string;
  /** Undefined where there is no such role. */
  readonly attributes: RoleAttributes | undefined;
  readonly schema: string;
  /** Undefined where it does not exist yet. */
  readonly ownsSchema: boolean | undefined;
  /** Tables and views of the schema that belong to somebody else. */
  readonly relationsOfOthers: readonly string[];
  /** Predefined roles whose rights it has. */
  readonly memberOf: readonly string[];
  /** Those of the functions that were asked for which it may call. */
  readonly functions: readonly string[];
}

export interface RoleAttributes {
  readonly isSuperuser: boolean;
  readonly canLogIn: boolean;
  readonly canReplicate: boolean;
  /** The rights of the roles that it is a member of are its own. */
  readonly inherits: boolean;
  readonly canConnect: boolean;
  readonly canCreateSchema: boolean;
}

interface Question {
  readonly role: string;
  readonly cluster: string;
  /** Predefined roles and functions (`pg_catalog.name(types)`) that this version has. */
  readonly roles: readonly string[];
  readonly functions: readonly string[];
}

/**
 * A superuser is asked for what it was given itself: the rest it would lose together with that attribute.
 * @throws RepmgrError query_failed, query_timeout or connection_lost
 */
export async function inspectRole(
  connection: Connection,
  { role, cluster, roles, functions }: Question,
): Promise<RoleFacts> {
  const schema = schemaName(cluster);
  const [found] = await connection.query<{
    is_superuser: boolean;
    can_log_in: boolean;
    can_replicate: boolean;
    inherits: boolean;
    can_connect: boolean;
    can_create: boolean;
  }>(
    `SELECT rolsuper AS is_superuser, rolcanlogin AS can_log_in, rolreplication AS can_replicate,
            rolinherit AS inherits,
            has_database_privilege(oid, current_database(), 'CONNECT') AS can_connect,
            has_database_privilege(oid, current_database(), 'CREATE') AS can_create
       FROM pg_catalog.pg_roles WHERE rolname = $1`,
    [role],
  );
  const [place] = await connection.query<{ database: string }>('SELECT current_database()::text AS database');
  const facts = { role, database: place?.database ?? '', schema };
  if (found === undefined) {
    return {
      ...facts,
      attributes: undefined,
      ...(await ownership(connection, role, schema)),
      memberOf: [],
      functions: [],
    };
  }
  return {
    ...facts,
    attributes: {
      isSuperuser: found.is_superuser,
      canLogIn: found.can_log_in,
      canReplicate: found.can_replicate,
      inherits: found.inherits,
      canConnect: found.can_connect,
      canCreateSchema: found.can_create,
    },
    ...(await ownership(connection, role, schema)),
    memberOf: await membership(connection, role, roles),
    functions: await callable(connection, role, functions),
  };
}

async function ownership(
  connection: Connection,
  role: string,
  schema: string,
): Promise<Pick<RoleFacts, 'ownsSchema' | 'relationsOfOthers'>> {
  const isOwn = (owner: string): string =>
    `EXISTS (SELECT 1 FROM pg_catalog.pg_roles AS role
              WHERE role.rolname = $1
                AND (role.oid = ${owner} OR NOT role.rolsuper AND pg_has_role(role.oid, ${owner}, 'USAGE')))`;
  const rows = await connection.query<{ owns_schema: boolean; relation: string | null }>(
    `SELECT ${isOwn('space.nspowner')} AS owns_schema, relation.relname::text AS relation
       FROM pg_catalog.pg_namespace AS space
       LEFT JOIN pg_catalog.pg_class AS relation
         ON relation.relnamespace = space.oid AND relation.relkind IN ('r', 'v') AND NOT ${isOwn('relation.relowner')}
      WHERE space.nspname = $2::text::name ORDER BY relation.relname`,
    [role, schema],
  );
  return {
    ownsSchema: rows[0]?.owns_schema,
    relationsOfOthers: rows.flatMap(({ relation }) => relation ?? []),
  };
}

async function membership(
  connection: Connection,
  role: string,
  roles: readonly string[],
): Promise<readonly string[]> {
  const rows = await connection.query<{ name: string }>(
    `SELECT predefined.rolname::text AS name
       FROM pg_catalog.pg_roles AS role, pg_catalog.pg_roles AS predefined
      WHERE role.rolname = $1 AND predefined.rolname = ANY ($2::text[])
        AND CASE WHEN role.rolsuper
                 THEN EXISTS (SELECT 1 FROM pg_catalog.pg_auth_members
                               WHERE member = role.oid AND roleid = predefined.oid)
                 ELSE pg_has_role(role.oid, predefined.oid, 'USAGE') END`,
    [role, roles],
  );
  return rows.map(({ name }) => name);
}

async function callable(
  connection: Connection,
  role: string,
  functions: readonly string[],
): Promise<readonly string[]> {
  const rows = await connection.query<{ name: string }>(
    `SELECT asked.name
       FROM pg_catalog.pg_roles AS role, unnest($2::text[]) AS asked (name)
       JOIN pg_catalog.pg_proc AS function ON function.oid = asked.name::regprocedure
      WHERE role.rolname = $1
        AND CASE WHEN role.rolsuper
                 THEN EXISTS (SELECT 1 FROM aclexplode(function.proacl) AS granted
                               WHERE granted.grantee IN (0, role.oid) AND granted.privilege_type = 'EXECUTE')
                 ELSE has_function_privilege(role.oid, function.oid, 'EXECUTE') END`,
    [role, functions],
  );
  return rows.map(({ name }) => name);
}
