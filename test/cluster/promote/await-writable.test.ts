import { expect, it } from 'vitest';
import { inWords } from '../../../src/cluster/promote/await-writable.ts';
import { lsn } from '../disagreements/a-cluster.ts';

const done = {
  receivedLsn: lsn('0/5000060'),
  replayedLsn: lsn('0/5000060'),
  waitsFor: undefined,
  snapshotHolders: [],
};

it('says what a promotion waits for: WAL to replay, sessions in conflict with it, or the end of recovery', () => {
  expect(inWords(done)).toBe('it ends its recovery');
  expect(inWords({ ...done, snapshotHolders: [7] })).toBe('it ends its recovery');
  const behind = { ...done, replayedLsn: lsn('0/1000060') };
  expect(inWords(behind)).toBe('it replays WAL, 64 MB are left (0/1000060 of 0/5000060)');
  expect(inWords({ ...behind, snapshotHolders: [7, 8] })).toBe(
    'it replays WAL, 64 MB are left (0/1000060 of 0/5000060); sessions with open transactions: 7, 8',
  );
  expect(inWords({ ...behind, waitsFor: 'RecoveryConflictSnapshot', snapshotHolders: [7] })).toBe(
    'it replays WAL, 64 MB are left (0/1000060 of 0/5000060); replay is held up (RecoveryConflictSnapshot) by one of the sessions with open transactions: 7',
  );
  expect(inWords({ ...done, receivedLsn: undefined })).toBe('it ends its recovery');
});
