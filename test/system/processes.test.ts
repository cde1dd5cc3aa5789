import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  findProcess,
  listProcesses,
  parsePsLine,
  parseStat,
  type RunningProcess,
  timesSlept,
  withDescendants,
} from '../../src/system/processes.ts';

describe('a line of /proc/PID/stat', () => {
  it('is read whatever the program is called', () => {
    expect(parseStat('42 (a) b (c) T 7 42 42 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 5611421 2998272 408')).toEqual({
      pid: 42,
      parentPid: 7,
      name: 'a) b (c',
      state: 'stopped',
      startedAt: '5611421',
    });
    fc.assert(
      fc.property(fc.string(), fc.nat(), (name, parentPid) => {
        expect(parseStat(`1 (${name}) S ${parentPid} 1 1`)).toMatchObject({ name, parentPid });
      }),
    );
  });

  it('tells zombies from what runs', () => {
    expect(parseStat('1 (x) Z 0 1')?.state).toBe('zombie');
    expect(parseStat('1 (x) D 0 1')?.state).toBe('running');
    expect(parseStat('')).toBeUndefined();
  });
});

describe('a line of ps', () => {
  it('is read with and without the path of the program', () => {
    expect(parsePsLine('   10     1 Ss   postgres')).toEqual({
      pid: 10,
      parentPid: 1,
      name: 'postgres',
      state: 'running',
    });
    expect(parsePsLine('11 10 T+ /usr/lib/my programs/postgres')).toMatchObject({
      name: 'postgres',
      state: 'stopped',
    });
    expect(parsePsLine('PID PPID STAT COMM')).toBeUndefined();
  });
});

describe('the descendants of a process', () => {
  const process = (pid: number, parentPid: number, state: RunningProcess['state'] = 'running') => ({
    pid,
    parentPid,
    name: 'postgres',
    state,
    startedAt: undefined,
  });

  it('are its children and theirs, without the dead and without others', () => {
    const all = [process(5, 3), process(1, 0), process(3, 1), process(4, 1, 'zombie'), process(9, 0)];
    expect(withDescendants(1, all).map(({ pid }) => pid)).toEqual([1, 3, 5]);
    expect(withDescendants(4, all)).toEqual([]);
    expect(withDescendants(77, all)).toEqual([]);
  });
});

it('tells how often a process has slept', async () => {
  const before = timesSlept(process.pid) ?? Number.NaN;
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(timesSlept(process.pid)).toBeGreaterThan(before);
  expect(timesSlept(4_194_305)).toBeUndefined();
});

it('finds this process and its parent on the machine', async () => {
  expect(await findProcess(process.pid)).toMatchObject({ parentPid: process.ppid, state: 'running' });
  const pids = (await listProcesses()).map(({ pid }) => pid);
  expect(pids).toEqual(expect.arrayContaining([process.pid, process.ppid]));
});
