/** What happens to the files of a running server while rsync reads them: they shrink and vanish. Over a real sshd. */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { waitUntil } from '../../src/system/clock.ts';
import { copyByRsync } from '../../src/system/rsync.ts';
import { describeWithRsync, programsForRsync } from '../support/rsync.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { sshServerForFile } from '../support/ssh-server.ts';

const megabyte = 1024 * 1024;

describeWithRsync('a copy by rsync', () => {
  let place: (name: string) => string;
  let target: { readonly host: string; readonly user: string | undefined; readonly options: string };

  beforeEach(async () => {
    const sandbox = await sandboxForTest({ nodes: 1, build: 'none' });
    const ssh = await sshServerForFile(sandbox, 1, programsForRsync);
    target = { host: '127.0.0.1', user: sandbox.user?.name, options: ssh.options };
    place = (name) => join(sandbox.directory, name);
    for (const name of ['from here', 'to', 'old']) await mkdir(place(name), { mode: 0o755 });
    for (const name of ['a', 'm', 'z']) {
      await writeFile(place(`from here/${name}`), randomBytes((name === 'm' ? 8 : 1) * megabyte), {
        mode: 0o644,
      });
    }
  });

  const copy = (further: { readonly sameFilesIn?: string } = {}) =>
    copyByRsync({
      target,
      from: place('from here'),
      to: place('to'),
      options: ['--recursive', '--perms', '--times', '--partial', '--bwlimit=2000'],
      rules: [],
      onFile: () => undefined,
      signal: new AbortController().signal,
      ...further,
    });

  /** rsync writes a file under another name until it is complete. */
  async function isHalfWritten(): Promise<true | undefined> {
    const name = (await readdir(place('to'))).find((candidate) => candidate.startsWith('.m.'));
    return name !== undefined && (await stat(place(`to/${name}`))).size > 0 ? true : undefined;
  }

  async function expectSame(): Promise<void> {
    expect((await readdir(place('to'))).toSorted()).toEqual((await readdir(place('from here'))).toSorted());
    for (const name of await readdir(place('from here'))) {
      expect(
        (await readFile(place(`to/${name}`))).equals(await readFile(place(`from here/${name}`))),
        name,
      ).toBe(true);
    }
  }

  it.each(['first', 'repeated'])(
    'takes a file that is truncated meanwhile as it is then: a %s copy',
    async (which) => {
      // Its other files are the same in the old copy, or were copied by the first run: neither is read a second time.
      const sameFilesIn = which === 'repeated' ? place('old') : undefined;
      if (sameFilesIn !== undefined) {
        await writeFile(join(sameFilesIn, 'a'), await readFile(place('from here/a')), { mode: 0o644 });
      }
      const copying = copy(sameFilesIn === undefined ? {} : { sameFilesIn });
      expect(await waitUntil(isHalfWritten, { deadlineMs: 30_000, intervalMs: 5 })).toBe(true);
      await truncate(place('from here/m'), 100_000);
      await copying;
      await expectSame();
      if (sameFilesIn !== undefined) {
        expect((await stat(place('to/a'))).ino).toBe((await stat(place('old/a'))).ino);
      }
    },
  );

  it('does not miss one that vanishes', async () => {
    const copying = copy();
    expect(await waitUntil(isHalfWritten, { deadlineMs: 30_000, intervalMs: 5 })).toBe(true);
    await rm(place('from here/z'));
    await copying;
    await rm(place('to/z'), { force: true });
    await expectSame();
  });
});
