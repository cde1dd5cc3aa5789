import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findPassword, readPasswordFile } from '../../src/postgres/password-file.ts';

const request = { host: 'node1', port: 5432, database: 'repmgr', user: 'repmgr' };

describe('findPassword', () => {
  it.each([
    ['node1:5432:repmgr:repmgr:geheim', 'geheim'],
    ['*:*:*:*:any', 'any'],
    ['node2:5432:repmgr:repmgr:no\nnode1:*:*:repmgr:yes\n*:*:*:*:late', 'yes'],
    ['# node1:5432:repmgr:repmgr:no\n', undefined],
    ['node1:5432:repmgr:other:no', undefined],
    ['node1:5432:repmgr', undefined],
    ['node1:5432:repmgr:repmgr:a:b', 'a:b'],
    ['node1:5432:repmgr:repmgr:a\\:b\\\\c', 'a:b\\c'],
    ['node1:5432:repmgr:repmgr: blanks \r\n', ' blanks '],
    ['node*:5432:repmgr:repmgr:no', undefined],
    ['', undefined],
  ])('%j gives %j', (text, password) => {
    expect(findPassword(text, request)).toBe(password);
  });

  it('finds names that hold colons, written with backslashes', () => {
    const odd = { ...request, host: '::1', user: 'a\\b' };
    expect(findPassword('\\:\\:1:5432:*:a\\\\b:geheim', odd)).toBe('geheim');
  });
});

describe('readPasswordFile', () => {
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'repmgr-passfile-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('reads a file that only its owner may read', async () => {
    const file = join(directory, 'pgpass');
    await writeFile(file, '*:*:*:*:geheim\n', { mode: 0o600 });
    expect(await readPasswordFile(file, request)).toEqual({ kind: 'found', password: 'geheim' });
  });

  it('ignores a file that others may read, and says so', async () => {
    const file = join(directory, 'pgpass');
    await writeFile(file, '*:*:*:*:geheim\n');
    await chmod(file, 0o640);
    expect(await readPasswordFile(file, request)).toEqual({
      kind: 'unusable',
      reason: `password file "${file}" was ignored, as others have access to it (mode 0640)`,
      remedy: `Run: chmod 0600 ${file}`,
    });
  });

  it('tells a missing file from one without an entry and from a directory', async () => {
    const file = join(directory, 'pgpass');
    expect((await readPasswordFile(file, request)).kind).toBe('missing');
    await writeFile(file, '', { mode: 0o600 });
    expect((await readPasswordFile(file, request)).kind).toBe('no_entry');
    expect((await readPasswordFile(directory, request)).kind).toBe('unusable');
  });
});
