import { describe, expect, it } from 'vitest';
import { readRsyncOptions } from '../../../src/postgres/backup/rsync-options.ts';
import { serverVersion } from '../../../src/postgres/version.ts';

const read = (text: string, number = 150_018) => readRsyncOptions(text.split(' '), serverVersion(number));

describe('rsync_options', () => {
  it('are used as they are, but for the shell that would hide ssh_options', () => {
    expect(read('--archive --checksum --compress --progress --rsh=ssh')).toEqual({
      words: ['--archive', '--checksum', '--compress', '--progress'],
      translations: [],
    });
    expect(read('-az -e ssh\\ -p\\ 22').words).toContain('-e');
  });

  it.each([
    '-an',
    '--dry-run',
    '--inplace',
    '--append-verify',
    '--delete-excluded',
    '-vu',
    '--max-size=1m',
    '-xa',
    '-aL',
  ])('are refused where they would spoil the copy: %s', (text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'clone_options_contradict' }));
  });

  it('a value is no option', () => {
    expect(read('-enrubx --bwlimit=10 -B512').words).toEqual(['-enrubx', '--bwlimit=10', '-B512']);
  });

  it('name directories of PostgreSQL 9.x as later servers call them', () => {
    expect(read('-a --exclude=pg_xlog/old --exclude=pg_clog')).toEqual({
      words: ['-a', '--exclude=pg_wal/old', '--exclude=pg_xact'],
      translations: ['"pg_xlog" is called "pg_wal"', '"pg_clog" is called "pg_xact"'],
    });
    expect(read('--exclude=pg_xlog/old', 90_624)).toEqual({
      words: ['--exclude=pg_xlog/old'],
      translations: [],
    });
  });
});
