import { describe, expect, it } from 'vitest';
import { planGrants } from '../../../src/cluster/grants/plan.ts';
import type { RoleFacts } from '../../../src/cluster/grants/role.ts';
import { serverVersion } from '../../../src/postgres/version.ts';

const nobody: RoleFacts = {
  role: 'my "role"',
  database: 'repmgr',
  attributes: undefined,
  schema: 'repmgr_test',
  ownsSchema: undefined,
  relationsOfOthers: [],
  memberOf: [],
  functions: [],
};
const plain = {
  ...{ isSuperuser: false, canLogIn: true, canReplicate: true, inherits: true },
  ...{ canConnect: true, canCreateSchema: true },
};
const planOn = (version: number, facts: RoleFacts = nobody) =>
  planGrants(facts, serverVersion(version).capabilities);
const missing = (version: number, facts?: RoleFacts) =>
  planOn(version, facts)
    .grants.filter(({ isGranted }) => !isGranted)
    .map(({ sql }) => sql);

describe('what a role without superuser needs', () => {
  it('is everything where there is no such role yet', () => {
    expect(missing(150_000)).toEqual([
      'CREATE ROLE "my ""role""" LOGIN REPLICATION;',
      'GRANT CONNECT ON DATABASE "repmgr" TO "my ""role""";',
      'GRANT CREATE ON DATABASE "repmgr" TO "my ""role""";',
      'GRANT pg_monitor TO "my ""role""";',
      'GRANT pg_checkpoint TO "my ""role""";',
      'GRANT EXECUTE ON FUNCTION pg_catalog.pg_promote(boolean, integer) TO "my ""role""";',
      'GRANT EXECUTE ON FUNCTION pg_catalog.pg_reload_conf() TO "my ""role""";',
    ]);
  });

  it('is nothing where it has all of it', () => {
    const complete: RoleFacts = {
      ...nobody,
      attributes: plain,
      ownsSchema: true,
      memberOf: ['pg_monitor', 'pg_checkpoint'],
      functions: ['pg_catalog.pg_promote(boolean, integer)', 'pg_catalog.pg_reload_conf()'],
    };
    for (const version of [90_300, 100_000, 120_000, 150_000, 180_000]) {
      expect(missing(version, complete)).toEqual([]);
    }
  });

  it('is asked of a version only as far as the version has it', () => {
    const known = { ...nobody, attributes: plain };
    expect(missing(90_600, known)).toEqual([]);
    expect(missing(100_000, known)).toHaveLength(1);
    expect(missing(120_000, known)).toHaveLength(2);
    expect(missing(130_000, known)).toHaveLength(3);
    expect(missing(150_000, known)).toHaveLength(4);
  });

  it('is to own metadata that others made', () => {
    const facts = { ...nobody, attributes: plain, ownsSchema: false, relationsOfOthers: ['repl_nodes'] };
    expect(missing(90_600, facts)).toEqual([
      'ALTER SCHEMA "repmgr_test" OWNER TO "my ""role""";',
      'ALTER TABLE "repmgr_test"."repl_nodes" OWNER TO "my ""role""";',
    ]);
  });

  it('leaves less and less impossible', () => {
    const counts = [90_600, 100_000, 120_000, 150_000].map((version) => planOn(version).limits.length);
    expect(counts).toEqual([7, 6, 5, 4]);
    for (const { what, reason } of planOn(90_600).limits) expect(`${what}${reason}`).not.toMatch(/\n|\.$/);
  });
});
