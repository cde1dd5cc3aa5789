import { describe, expect, it } from 'vitest';
import {
  type CreationFacts,
  type CreationWish,
  planWitnessCreation,
} from '../../../src/cluster/witness/creation-plan.ts';
import {
  planWitnessRegistration,
  type WitnessFacts,
  type WitnessInstance,
} from '../../../src/cluster/witness/registration-plan.ts';
import { statementsForRole } from '../../../src/cluster/witness/role-statements.ts';
import type { RepmgrError } from '../../../src/errors.ts';
import type { DirectoryContent } from '../../../src/postgres/data-directory.ts';
import { serverVersion } from '../../../src/postgres/version.ts';
import { aNode } from '../disagreements/a-cluster.ts';

const program = { file: '/bin/x', version: serverVersion(150_000) };
const wish: CreationWish = {
  node: aNode(9, { role: 'witness', upstreamNodeId: undefined, name: 'arbiter' }),
  daemonAddress: 'arbiter:15499',
  force: false,
  superuser: 'postgres',
  user: 'repmgr',
  database: 'repmgr',
  port: 5499,
  startStep: 'pg_ctl start',
};
const witness: WitnessInstance = {
  place: 'arbiter:5499',
  isInRecovery: false,
  instance: '2 5499',
  systemIdentifier: '2',
  schema: { kind: 'missing' },
  recordedSystemIdentifier: undefined,
};
const facts: WitnessFacts = {
  primary: {
    place: 'node1:5432',
    schema: { kind: 'ours', migration: 3 },
    nodes: [aNode(1, { role: 'primary', upstreamNodeId: undefined }), aNode(2)],
    instance: '1 5432',
    systemIdentifier: '1',
  },
  witness,
};

function refusalOf(work: () => unknown): Partial<RepmgrError> {
  try {
    work();
  } catch (error) {
    return error as RepmgrError;
  }
  throw new Error('it was accepted');
}

describe('the registration of a witness', () => {
  const refusal = (changes: Partial<WitnessInstance>, force = false) =>
    refusalOf(() =>
      planWitnessRegistration({ ...facts, witness: { ...witness, ...changes } }, { ...wish, force }),
    );
  const ours = { kind: 'ours', migration: 4 } as const;

  it.each<readonly [string, Partial<WitnessInstance>, string]>([
    ['the primary itself', { instance: '1 5432', systemIdentifier: '1' }, 'the primary itself'],
    ['a standby', { isInRecovery: true }, 'is a standby'],
    ['a promoted copy', { systemIdentifier: '1' }, 'holds the data of the cluster'],
    ['metadata of another cluster', { schema: ours, recordedSystemIdentifier: '3' }, 'belongs to another'],
    ['something else in the schema', { schema: { kind: 'foreign', missing: ['x'] } }, 'does not hold'],
  ])('is refused for %s, also with --force', (_name, changes, message) => {
    for (const force of [false, true]) expect(refusal(changes, force).message).toContain(message);
  });

  it('takes a primary and a witness that were started in the same second on the same port apart', () => {
    const same = { ...witness, instance: facts.primary.instance };
    expect(planWitnessRegistration({ ...facts, witness: same }, wish).existing).toBeUndefined();
  });

  it('replaces a copy of this very cluster, and one that does not say only with --force', () => {
    const copy = { ...witness, schema: ours, recordedSystemIdentifier: '1' };
    expect(planWitnessRegistration({ ...facts, witness: copy }, wish).steps).toEqual([
      'copy the rows of 2 nodes from the primary to the witness',
      'register node "arbiter" (ID: 9) as a witness, its repmgrd at arbiter:15499',
    ]);
    const old = { schema: { kind: 'repmgr3' } } as const;
    expect(refusal(old)).toMatchObject({
      code: 'witness_unsuitable',
      hint: expect.stringContaining('--force'),
    });
    const forced = planWitnessRegistration(
      { ...facts, witness: { ...witness, ...old } },
      { ...wish, force: true },
    );
    expect(forced.steps[0]).toMatch(/^on the witness: create the tables/);
  });

  it('never turns another node into a witness', () => {
    const taken = { ...wish, node: { ...wish.node, id: aNode(2).id }, force: true };
    expect(refusalOf(() => planWitnessRegistration(facts, taken))).toMatchObject({
      code: 'node_id_taken',
      message: 'node id 2 is that of a standby',
    });
  });
});

describe('the making of a witness', () => {
  const creation: CreationFacts = {
    ...facts,
    witness: 'new',
    directory: {
      ...{ path: '/srv/w', content: { kind: 'absent' }, ownerUid: 1, isOwnedByUs: true },
      ...{ isWritable: true, freeBytes: 1e9, device: 1 },
    },
    aside: '/srv/w.replaced',
    isPortFree: true,
    initdb: program,
    postgres: program,
    hostBasedRules: 'local all all peer\n',
    hasPassword: false,
  };
  const withContent = (content: DirectoryContent): CreationFacts => ({
    ...creation,
    directory: { ...creation.directory, content },
  });
  const stopped = withContent({
    ...{ kind: 'postgresql', majorVersion: '15', systemIdentifier: '5', serverProcessId: undefined },
  });

  it('moves a stopped PostgreSQL aside with --force, and nothing else', () => {
    expect(planWitnessCreation(stopped, { ...wish, force: true }).steps[0]).toEqual({
      kind: 'move aside',
      text: 'move what is in "/srv/w" to "/srv/w.replaced"',
    });
    expect(refusalOf(() => planWitnessCreation(stopped, wish)).hint).toContain('--force');
    const never: readonly DirectoryContent[] = [
      { kind: 'postgresql', majorVersion: '15', systemIdentifier: '5', serverProcessId: 77 },
      { kind: 'foreign', example: 'x' },
      { kind: 'tablespace' },
      { kind: 'not a directory' },
      { kind: 'unreadable', reason: 'EACCES' },
    ];
    for (const content of never) {
      const refused = refusalOf(() => planWitnessCreation(withContent(content), { ...wish, force: true }));
      expect(refused).toMatchObject({ code: 'data_directory_unusable' });
    }
  });

  it.each<readonly [string, Partial<CreationFacts>, string]>([
    ['without initdb', { initdb: undefined }, 'command_missing'],
    ['without postgres', { postgres: undefined }, 'command_missing'],
    ['on a used port', { isPortFree: false }, 'port_in_use'],
    ['where nobody could come in', { hostBasedRules: undefined }, 'witness_unsuitable'],
    [
      'in a directory of somebody else',
      { directory: { ...creation.directory, content: { kind: 'empty' }, isOwnedByUs: false } },
      'data_directory_unusable',
    ],
    [
      'below a directory of somebody else',
      { directory: { ...creation.directory, isWritable: false } },
      'data_directory_unusable',
    ],
  ])('is refused %s', (_name, changes, code) => {
    expect(refusalOf(() => planWitnessCreation({ ...creation, ...changes }, wish)).code).toBe(code);
  });

  it('warns of rules of its own', () => {
    const plan = planWitnessCreation({ ...creation, hostBasedRules: undefined, hasPassword: true }, wish);
    expect(plan.warnings).toHaveLength(1);
    expect(plan.steps[1]?.text).toContain('role "repmgr" may come into database "repmgr" with its password');
    expect(planWitnessCreation(creation, wish).warnings).toEqual([]);
  });

  it('makes no superuser, and quotes every name', () => {
    const none = { user: undefined, superuser: undefined };
    const both = { user: 'md5x', superuser: 'md5y' };
    const odd = { user: 'a "b"', superuser: 'postgres', database: 'my db' };
    expect(statementsForRole(odd, both)).toEqual([
      `ALTER ROLE "postgres" PASSWORD 'md5y';`,
      'CREATE ROLE "a ""b""" LOGIN;',
      `ALTER ROLE "a ""b""" PASSWORD 'md5x';`,
      'CREATE DATABASE "my db" OWNER "a ""b""";',
    ]);
    expect(statementsForRole({ ...odd, user: 'u', database: 'postgres' }, none)).toEqual([
      'CREATE ROLE "u" LOGIN;',
      'GRANT CREATE ON DATABASE "postgres" TO "u";',
    ]);
    const same = { user: 'postgres', superuser: 'postgres', database: 'postgres' };
    expect(statementsForRole(same, none)).toEqual([]);
  });
});
