import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isSameQuorum,
  mayMix,
  namesOfWinner,
  nextChange,
  unsynchronized,
  waitsForNobody,
  withoutSelf,
} from '../../src/failover/synchronous-change.ts';
import type { SynchronousQuorum } from '../../src/failover/voter-record.ts';
import { node } from './support/one-node.ts';

const self = node(1);

function quorum(required: number, ...ids: number[]): SynchronousQuorum {
  return { names: ids.map(node), required };
}

/** Whoever acknowledged by what PostgreSQL has, K of the record's names have it, the leader's own counted. */
function finds(record: SynchronousQuorum, told: SynchronousQuorum): boolean {
  return record.required === 0 || mayMix(record, self, told, told);
}

/** Changes step by step, as if each were in force at once; says of each moment what the record and PostgreSQL have. */
function changeTo(wanted: SynchronousQuorum, record: SynchronousQuorum, told: SynchronousQuorum) {
  const moments: { record: SynchronousQuorum; told: SynchronousQuorum; before: SynchronousQuorum }[] = [];
  let now = { record, told };
  const enter = (next: typeof now) => {
    moments.push({ ...next, before: now.told });
    now = next;
  };
  for (let steps = 0; steps < 20; steps += 1) {
    const next = nextChange(now.record, wanted, self, now.told);
    if (next.kind === 'record') {
      enter({ ...now, record: next.to });
    } else if (next.kind === 'none') {
      if (next.names === null || isSameQuorum(now.told, next.names)) break;
      enter({ ...now, told: next.names });
    } else {
      const between = withoutSelf(now.record, self);
      if (next.isRaised)
        enter({ ...now, told: { ...waitsForNobody, required: Math.max(1, now.record.required) } });
      else if (!mayMix(now.record, self, now.told, next.to)) enter({ ...now, told: between });
      enter({ ...now, told: next.to });
      enter({ ...now, record: next.to });
    }
  }
  return { moments, ...now };
}

const ids = fc.uniqueArray(fc.integer({ min: 2, max: 7 }), { minLength: 1, maxLength: 5 });
const quorums = ids.chain((names) =>
  fc.integer({ min: 1, max: names.length }).map((required) => quorum(required, ...names)),
);

describe('the order in which synchronous standbys change (rule 13)', () => {
  it('leaves no moment in which the record does not find what was acknowledged', () => {
    fc.assert(
      fc.property(quorums, fc.boolean(), quorums, (before, isNamed, wanted) => {
        const record = isNamed ? { ...before, names: [self, ...before.names] } : before;
        const others = [5, 6, 7, 8].map(node);
        const { moments } = changeTo(wanted, record, namesOfWinner(record, self, others));
        for (const moment of moments) {
          expect(finds(moment.record, moment.told)).toBe(true);
          if (moment.record.required > 0 && moment.before.required > 0) {
            expect(mayMix(moment.record, self, moment.before, moment.told)).toBe(true);
          }
        }
      }),
    );
  });

  it('comes to what is wanted where enough standbys are there', () => {
    fc.assert(
      fc.property(quorums, quorums, (record, wanted) => {
        const end = changeTo(wanted, record, record);
        expect(isSameQuorum(end.record, wanted)).toBe(true);
        expect(isSameQuorum(end.told, wanted)).toBe(true);
      }),
    );
  });

  it('names a new standby in the record first', () => {
    expect(nextChange(quorum(1, 2), quorum(1, 2, 3), self, quorum(1, 2))).toEqual({
      kind: 'record',
      to: quorum(1, 2, 3),
    });
  });

  it('takes a standby out of PostgreSQL first', () => {
    expect(nextChange(quorum(1, 2, 3), quorum(1, 2), self, quorum(1, 2, 3))).toEqual({
      kind: 'postgres',
      to: quorum(1, 2),
      isRaised: false,
    });
  });

  it('keeps the names of standbys that are away where K needs them', () => {
    expect(nextChange(quorum(2, 2, 3), quorum(2, 2), self, quorum(2, 2, 3))).toEqual({
      kind: 'none',
      names: quorum(2, 2, 3),
    });
  });

  it('lowers K in the record first, and raises it in PostgreSQL first', () => {
    expect(nextChange(quorum(2, 2, 3), quorum(1, 2, 3), self, null).kind).toBe('record');
    expect(nextChange(quorum(1, 2, 3), quorum(2, 2, 3), self, null)).toMatchObject({ isRaised: true });
  });

  it("leaves the operator's own names alone where there never was a quorum", () => {
    expect(nextChange(unsynchronized, unsynchronized, self, null)).toEqual({ kind: 'none', names: null });
  });
});

describe("a winner's first names (rule 13)", () => {
  it('are those of the record where it is none of them', () => {
    expect(namesOfWinner(quorum(1, 2, 3), self, [node(4)])).toEqual(quorum(1, 2, 3));
  });

  it('have one node more in its own place', () => {
    expect(namesOfWinner(quorum(1, 1, 3), self, [node(3), node(4), node(5)])).toEqual(quorum(1, 3, 4));
  });

  it('are a name that nobody has where nobody is left', () => {
    expect(namesOfWinner(quorum(1, 1), self, [])).toEqual(waitsForNobody);
  });
});
