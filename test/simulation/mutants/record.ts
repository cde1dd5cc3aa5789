/** Mutants of the record: of its changes, its versions, and the pause in it. */
import { inCore, type Mutant } from './mutant.ts';

export const record: readonly Mutant[] = [
  {
    name: 'accept an old record',
    changes: [
      // What others answer before the vote is not taken over either.
      inCore(
        'election',
        '  if (newest !== durable.record) {\n    store(turn, { record: newest });',
        '  if (newest === null) {\n    store(turn, { record: newest });',
      ),
      inCore(
        'vote-refusals',
        'if (durable.record !== null && compareVersions(request.record.version, durable.record.version) < 0) {',
        'if (durable.record === null && compareVersions(request.record.version, request.record.version) < 0) {',
      ),
    ],
    caughtBy: ['one change at a time', 'one primary'],
    stories: ['07'],
    withinHistories: 20,
  },
  {
    name: 'change it twice at once',
    changes: [
      inCore(
        'record-changes',
        '  return setsConcerned(record, leader, self).every(\n    (set) => set.filter(hasStored).length >= quorumOf(set.length),\n  );',
        '  return setsConcerned(record, leader, self).every(\n    (set) => set.filter(hasStored).length >= 0,\n  );',
      ),
    ],
    caughtBy: ['one change at a time', 'one primary'],
    stories: ['07'],
    withinHistories: 20,
  },
  {
    name: 'one quorum instead of both while a change is pending',
    changes: [
      inCore(
        'record-changes',
        '  return [voters, ...old, ...(inheritedVoters',
        '  return [voters, ...old.slice(0, 0), ...(inheritedVoters',
      ),
    ],
    caughtBy: ['one change at a time', 'one primary'],
    stories: ['07', '08'],
    withinHistories: 1000,
  },
  {
    name: 'AND for OR in the fence condition',
    changes: [
      inCore('quorum', '  let end = never;\n', '  let end = 0 as MonotonicMs;\n'),
      inCore('quorum', 'if (last !== undefined && last < end) {', 'if (last !== undefined && last > end) {'),
    ],
    caughtBy: ['one primary'],
    stories: ['07'],
    withinHistories: 200,
  },
  {
    name: 'compare versions by number alone',
    changes: [
      inCore(
        'quorum',
        'return one.term - other.term || one.number - other.number;',
        'return one.number - other.number;',
      ),
    ],
    caughtBy: ['one change at a time', 'convergence', 'one primary'],
    stories: ['07'],
    withinHistories: 20,
  },
  {
    name: 'replace an inherited change',
    changes: [
      inCore(
        'record-changes',
        '...(inheritedVoters === null ? [] : [inheritedVoters])];',
        '...[inheritedVoters ?? []].slice(1)];',
      ),
    ],
    caughtBy: ['one change at a time'],
    stories: ['48'],
    withinHistories: 20,
  },
  {
    name: 'a pause that silence ends',
    changes: [
      inCore(
        'pause',
        '  return isOver ? 0 : pauseKnownAt',
        '  const isSilent = state.leaderHeardAt !== null && state.now.monotonicMs - state.leaderHeardAt > leaseMs;\n  return isOver || isSilent ? 0 : pauseKnownAt',
      ),
    ],
    caughtBy: ['one primary'],
    stories: ['09'],
    withinHistories: 20,
  },
  {
    name: 'a pause that ends at the voters first',
    changes: [inCore('pause', 'const voterShare = 1.03;', 'const voterShare = 0.8;')],
    caughtBy: ['one primary'],
    stories: ['09'],
    withinHistories: 20,
  },
  {
    name: 'no 3 % and no lease on top of a pause',
    changes: [
      inCore('pause', 'const voterShare = 1.03;', 'const voterShare = 1;'),
      inCore('pause', 'pause.lengthMs * voterShare + leaseMs;', 'pause.lengthMs * voterShare + leaseMs * 0;'),
    ],
    caughtBy: ['one primary'],
    stories: ['09'],
    withinHistories: 20,
  },
];
