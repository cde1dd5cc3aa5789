/** What effects decide without any server: names, conditions, parts of WAL, deadlines. */
import { describe, expect, it } from 'vitest';
import { answerOf } from '../../../src/daemon/perform/ask-servers.ts';
import { clientEnvironment } from '../../../src/daemon/perform/client-environment.ts';
import { missingParts } from '../../../src/daemon/perform/fetch-wal.ts';
import { parseNote } from '../../../src/daemon/perform/guard.ts';
import { guardCondition } from '../../../src/daemon/perform/guard-condition.ts';
import { isAfter } from '../../../src/daemon/perform/in-time.ts';
import { nameOf, namesInWords } from '../../../src/daemon/perform/names.ts';
import type { MonotonicMs } from '../../../src/failover/instant.ts';
import type { LsnBytes } from '../../../src/failover/position.ts';
import type { Term } from '../../../src/failover/term.ts';
import type { VoterRecord } from '../../../src/failover/voter-record.ts';
import type { Lsn } from '../../../src/model/lsn.ts';
import type { NodeId, NodeRecord } from '../../../src/model/node.ts';
import type { TimelineId } from '../../../src/model/timeline.ts';
import type { AttemptFailure } from '../../../src/postgres/connection-attempt.ts';
import { serverVersion } from '../../../src/postgres/version.ts';
import { isWalReceiverTitle } from '../../../src/postgres/wal-receiver-process.ts';

function node(id: number, conninfo: string): NodeRecord {
  return {
    id: id as NodeId,
    role: 'standby',
    upstreamNodeId: undefined,
    clusterName: 'c',
    name: `node${id}`,
    conninfo,
    slotName: undefined,
    priority: 100,
    isActive: true,
  };
}

const nodes = [node(1, 'host=a'), node(2, 'host=b application_name=o"brien'), node(3, 'host=c')];
const ids = (...numbers: number[]) => numbers as NodeId[];

describe('the names of synchronous standbys', () => {
  it('are those under which they stream, quoted, in the words of each version', () => {
    const names = { names: ids(2, 3), required: 1 };
    expect(namesInWords(names, nodes, serverVersion(150_000))).toBe('ANY 1 ("o""brien", "node3")');
    expect(namesInWords(names, nodes, serverVersion(90_600))).toBe('1 ("o""brien", "node3")');
    expect(namesInWords(names, nodes, serverVersion(90_500))).toBe('"o""brien", "node3"');
    expect(nameOf(9 as NodeId, nodes)).toBeUndefined();
  });

  it('are none where nobody is required, and one that nobody has where somebody is and nobody is there', () => {
    const version = serverVersion(150_000);
    expect(namesInWords({ names: ids(2), required: 0 }, nodes, version)).toBe('');
    expect(namesInWords({ names: [], required: 2 }, nodes, version)).toBe('ANY 2 ("repmgr_nobody")');
  });
});

describe('what the guard asks', () => {
  const version = serverVersion(150_000);
  const record = (voters: number[], replacedVoters: number[] | null = null): VoterRecord => ({
    version: { term: 1 as Term, number: 1 },
    voters: ids(...voters),
    replacedVoters: replacedVoters === null ? null : ids(...replacedVoters),
    joining: null,
    pause: null,
    synchronous: { names: [], required: 0 },
    failovers: [],
  });
  const asked = (of: VoterRecord | null) => guardCondition(of, 1 as NodeId, nodes, version);

  it('is for so many voters that the others are no quorum', () => {
    expect(asked(record([1, 2, 3]))).toMatch(/IN \('o"brien', 'node3'\)\) >= 1$/);
    expect(asked(record([1, 2, 3, 4, 5]))).toMatch(/>= 2$/);
  });

  it('is nothing in a set of one or two, and can be answered by nobody where names are missing', () => {
    expect([asked(record([1])), asked(record([1, 2]))]).toEqual(['true', 'true']);
    expect(asked(record([1, 7, 8]))).toBe('false');
    expect(asked(null)).toBe('false');
  });

  it('is for both sets of voters while one replaces the other', () => {
    expect(asked(record([1, 2, 3], [1, 2])).split(' AND ')).toContain('true');
    expect(asked(record([1, 2, 3], [1, 3, 2])).match(/>= 1/g)).toHaveLength(2);
  });
});

describe('the WAL that is fetched', () => {
  const segmentBytes = 1024 * 1024;
  const step = (timelineId: number, beganAt: number) => ({
    timelineId: timelineId as TimelineId,
    beganAt: beganAt as LsnBytes,
    term: 1 as Term,
  });
  const parts = (from: number, ownTip: number, lsn: number, path = [step(1, 0)]) =>
    missingParts(BigInt(from) as Lsn, ownTip as TimelineId, { path, lsn: lsn as LsnBytes }, segmentBytes).map(
      (part) => [part.timelineId, Number(part.fromLsn), Number(part.toLsn)],
    );

  it('begins with the page in which the own WAL ends, and is asked for segment by segment', () => {
    expect(parts(5_000_000, 1, 6_500_000)).toEqual([
      [1, 4_997_120, 5_242_880],
      [1, 5_242_880, 6_291_456],
      [1, 6_291_456, 6_500_000],
    ]);
    expect(parts(5_000_000, 1, 5_000_000)).toEqual([]);
  });

  it('is taken whole from the segment in which another timeline began', () => {
    expect(parts(5_000_000, 1, 6_000_000, [step(1, 0), step(2, 5_100_000)])).toEqual([
      [2, 4_194_304, 5_242_880],
      [2, 5_242_880, 6_000_000],
    ]);
  });
});

it('a server that says no is alive; one that starts says so; all else is silence', () => {
  const answer = (kind: AttemptFailure['kind'], code?: string, reason = '') =>
    answerOf({ kind, code, reason, target: { host: 'a', port: 1 } as AttemptFailure['target'] });
  expect(answer('refused', '53300')).toBe('alive');
  expect(answer('password', '28P01')).toBe('alive');
  expect(answer('refused', '57P03', 'the database system is starting up')).toBe('starting');
  expect(answer('refused', '57P03', 'the database system is shutting down')).toBe('alive');
  expect([answer('unreachable', 'ECONNREFUSED'), answer('timeout'), answerOf(undefined)]).toEqual(
    Array(3).fill('silent'),
  );
});

it('a deadline counts by both clocks', () => {
  const deadline = { notAfter: 100 as MonotonicMs, notAfterBootTimeMs: 200 };
  const at = (monotonicMs: number, bootTimeMs: number) =>
    isAfter({ monotonicMs: monotonicMs as MonotonicMs, bootTimeMs, wallMs: 0 }, deadline);
  expect([at(100, 200), at(101, 200), at(100, 201)]).toEqual([false, true, true]);
});

it('a note of the guard is believed only whole', () => {
  expect(parseNote('7 70 8 80 1234 1200 99\n')).toEqual({
    pid: 7,
    startedAt: '70',
    postmasterPid: 8,
    postmasterStartedAt: '80',
    deadlineMs: 12_340,
    yesMs: 12_000,
    wallAheadMs: 990,
  });
  expect([parseNote(''), parseNote('7 70 8 80 12'), parseNote('a b c d e f g')]).toEqual(
    Array(3).fill(undefined),
  );
});

it('a WAL receiver is known by its title, in all versions, with a cluster_name too', () => {
  expect(isWalReceiverTitle('postgres: walreceiver streaming 0/3000148')).toBe(true);
  expect(isWalReceiverTitle('postgres: node2: walreceiver')).toBe(true);
  expect(isWalReceiverTitle('postgres: wal receiver process   streaming 0/3000148')).toBe(true);
  expect(isWalReceiverTitle('postgres: walreceiver: checkpointer')).toBe(false);
  expect(isWalReceiverTitle('postgres: repmgr repmgr 127.0.0.1(4711) idle')).toBe(false);
});

it('psql is told by its environment where to connect to, and nothing else of ours', () => {
  const conninfo = { host: 'a', port: '5433', user: 'u', dbname: 'd', password: 'p', keepalives: '1' };
  const environment = { PATH: '/bin', HOME: '/h', SECRET: 's', PGHOST: 'other' };
  expect(clientEnvironment(conninfo, environment)).toEqual({
    PATH: '/bin',
    HOME: '/h',
    PGHOST: 'a',
    PGPORT: '5433',
    PGUSER: 'u',
    PGDATABASE: 'd',
    PGPASSWORD: 'p',
  });
});
