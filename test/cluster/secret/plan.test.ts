import { describe, expect, it } from 'vitest';
import { adviceFor, planRotation, type RotationFacts } from '../../../src/cluster/secret/plan.ts';
import { aNode } from '../disagreements/a-cluster.ts';

const facts: RotationFacts = {
  migrations: [],
  state: { stage: 'settled', version: 0 },
  holders: [1, 2].map((id) => ({ node: aNode(id), secretVersion: 0, reason: undefined })),
};
const wait = 'wait until the repmgrds of "node1" (ID: 1), "node2" (ID: 2) know of it';
const steps = [
  'make a new secret, which is accepted beside the present one',
  wait,
  'sign with the new secret; the former one is still accepted',
  wait,
  'end the former secret',
  wait,
];

describe('a change of the secret', () => {
  it('takes three steps, each of which every repmgrd must know before the next', () => {
    expect(planRotation(facts, { force: false })).toMatchObject({ steps, left: [] });
  });

  it.each([
    ['announced', steps.slice(2)],
    ['taken', steps.slice(4)],
  ] as const)('goes on from where an earlier one was left: %s', (stage, ahead) => {
    expect(planRotation({ ...facts, state: { stage, version: 1 } }, { force: false }).steps).toEqual(ahead);
  });

  it('completes metadata first that can hold no second secret', () => {
    const older = { ...facts, migrations: ['add columns'], state: undefined };
    expect(planRotation(older, { force: false }).steps).toEqual(['add columns', ...steps]);
  });

  it('is refused while a repmgrd does not answer, unless it is forced, and waits for nobody where none runs', () => {
    const [one, two] = facts.holders;
    if (one === undefined || two === undefined) throw new Error('there are two');
    const silent = { ...two, secretVersion: undefined, reason: 'connection refused' };
    const lacking = { ...facts, holders: [one, silent] };
    expect(() => planRotation(lacking, { force: false })).toThrow(
      expect.objectContaining({
        code: 'secret_unspread',
        detail: '"node2" (ID: 2): connection refused. Nothing was changed.',
      }),
    );
    expect(planRotation(lacking, { force: true })).toMatchObject({ awaited: [one.node], left: [two.node] });
    const nobody = planRotation({ ...facts, holders: [silent] }, { force: true });
    expect(nobody.steps).toEqual([steps[0], steps[2], steps[4]]);
  });

  it('says what whoever was left out has to do', () => {
    expect(adviceFor(aNode(2))).toContain('node "node2" (ID: 2) reads the new secret');
    expect(adviceFor(aNode(3, { role: 'witness', conninfo: '' }))).toContain('witness join --force');
  });
});
