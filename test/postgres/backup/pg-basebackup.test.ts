import { describe, expect, it } from 'vitest';
import { basebackupArguments, parseProgress } from '../../../src/postgres/backup/pg-basebackup.ts';
import { serverVersion } from '../../../src/postgres/version.ts';

const backup = {
  program: { file: 'pg_basebackup', version: serverVersion(150_018) },
  source: { host: 'node1', user: 'repmgr', password: 'secret', passfile: '/home/a b/.pgpass' },
  dataDirectory: '/data/copy',
  tablespaces: [{ from: '/ts=1', workplace: '/new/ts' }],
  walDirectory: '/wal/copy',
  label: 'repmgr base backup',
  isCheckpointFast: true,
  wal: { kind: 'slot', name: 'repmgr_slot_2' },
  furtherOptions: ['--max-rate=50M'],
  onStart: () => {},
  onProgress: () => {},
  onMessage: () => {},
} as const;

describe('the arguments of pg_basebackup', () => {
  it('hold everything but the password', () => {
    expect(basebackupArguments(backup)).toEqual([
      '--pgdata=/data/copy',
      "--dbname=connect_timeout=10 host=node1 user=repmgr passfile='/home/a b/.pgpass'",
      '--label=repmgr base backup',
      '--progress',
      '--verbose',
      '--no-password',
      ...['-c', 'fast'],
      ...['-T', '/ts\\=1=/new/ts'],
      '--waldir=/wal/copy',
      ...['-X', 'stream', '-S', 'repmgr_slot_2'],
      '--max-rate=50M',
    ]);
  });

  it.each([
    [{ kind: 'stream' }, ['-X', 'stream']],
    [{ kind: 'stream without slot' }, ['-X', 'stream', '--no-slot']],
    [{ kind: 'as the user says' }, []],
  ] as const)('say %j about WAL', (wal, expected) => {
    const args = basebackupArguments({ ...backup, wal, walDirectory: undefined, furtherOptions: [] });
    expect(args.slice(args.indexOf('-T') + 2)).toEqual(expected);
  });

  it('never hold another secret: it is refused', () => {
    const source = { ...backup.source, sslpassword: 'secret' };
    expect(() => basebackupArguments({ ...backup, source })).toThrow(
      expect.objectContaining({ code: 'clone_options_contradict' }),
    );
  });
});

describe('the progress of pg_basebackup', () => {
  it.each([
    ['  37208/1200408 kB (3%), 0/1 tablespace', 37_208, 1_200_408, false],
    ['  37208/1200408 kB (3%), 0/1 tablespace (...copy/base/16384/16385   )', 37_208, 1_200_408, false],
    ['1200408/1200408 kB (100%), 1/1 tablespace', 1_200_408, 1_200_408, true],
    ['  37208 kB, 1/2 tablespaces', 37_208, 0, false],
  ])('%j is read', (line, copied, total, isComplete) => {
    expect(parseProgress(line)).toEqual({
      copiedBytes: copied * 1024,
      totalBytes: total * 1024,
      isComplete,
    });
  });

  it.each(['pg_basebackup: checkpoint completed', 'waiting for checkpoint', '', '12 files'])(
    '%j is something else',
    (line) => {
      expect(parseProgress(line)).toBeUndefined();
    },
  );
});
