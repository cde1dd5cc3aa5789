import { describe, expect, it } from 'vitest';
import { readBackupOptions } from '../../../src/postgres/backup/pg-basebackup-options.ts';
import { serverVersion } from '../../../src/postgres/version.ts';

const version15 = serverVersion(150_018);
const read = (...words: string[]) => readBackupOptions(words, version15);

describe('pg_basebackup_options', () => {
  it('pass through as they are', () => {
    const words = ['--max-rate=50M', '-vP', '-Z', '1', '--no-estimate-size', '--label', 'a b'];
    expect(read(...words)).toEqual({
      words,
      walMethod: undefined,
      makesManifest: true,
      saysSlot: false,
      walDirectory: undefined,
      translations: [],
    });
  });

  it.each([
    [['-X', 'fetch'], 'fetch'],
    [['-Xs'], 'stream'],
    [['--wal-method=none'], 'none'],
    [['--wal-method', 'stream', '-X', 'f'], 'fetch'],
  ])('%j say how WAL comes', (words, walMethod) => {
    expect(read(...words)).toMatchObject({ walMethod, words });
  });

  it('say that the user sees to the slot', () => {
    expect(read('-S', 'mine').saysSlot).toBe(true);
    expect(read('--no-slot').saysSlot).toBe(true);
  });

  it.each([
    [
      ['--xlog-method', 'fetch', '-v'],
      ['--wal-method', 'fetch', '-v'],
      '--xlog-method is called --wal-method',
    ],
    [['--xlog-method=stream'], ['--wal-method=stream'], '--xlog-method is called --wal-method'],
    [['-x', '-v'], ['--wal-method=fetch', '-v'], '-x is called --wal-method=fetch'],
    [['--xlog'], ['--wal-method=fetch'], '--xlog is called --wal-method=fetch'],
    [['-vxZ1'], ['-v', '--wal-method=fetch', '-Z1'], '-x is called --wal-method=fetch'],
    [['-xr', '5M'], ['--wal-method=fetch', '-r', '5M'], '-x is called --wal-method=fetch'],
  ])('%j have new names since PostgreSQL 10', (words, translated, translation) => {
    expect(read(...words)).toMatchObject({ words: translated, translations: [translation] });
  });

  it('keep their old names for an old pg_basebackup', () => {
    const words = ['--xlog-method=stream'];
    expect(readBackupOptions(words, serverVersion(90_624))).toMatchObject({ words, translations: [] });
  });

  it.each([[['--waldir=/wal', '-v']], [['--xlogdir', '/wal', '-v']], [['-v', '--waldir', '/wal']]])(
    '%j name a directory for WAL, which is not passed on as it is',
    (words) => {
      expect(read(...words)).toMatchObject({ walDirectory: '/wal', words: ['-v'] });
    },
  );

  it.each([
    ['-D/data'],
    ['--target=server:/x'],
    ['-hnode1'],
    ['-d', 'host=node1'],
    ['-Umine'],
    ['-W'],
    ['-T', '/a=/b'],
    ['-Ft'],
    ['--format=tar'],
    ['-X', 'perhaps'],
  ])('%s %s is refused, with what to do instead', (...words) => {
    expect(() => read(...words)).toThrow(
      expect.objectContaining({ code: 'clone_options_contradict', exitCode: 1, hint: expect.any(String) }),
    );
  });

  it('may say the format that is used anyway', () => {
    expect(read('-Fp').words).toEqual(['-Fp']);
  });
});
