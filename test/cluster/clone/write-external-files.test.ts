import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { CloneContext, Undo } from '../../../src/cluster/clone/context.ts';
import { copyPlace } from '../../../src/cluster/clone/copy-place.ts';
import { writeExternalFiles } from '../../../src/cluster/clone/write-external-files.ts';

it('configuration files of the source are taken back when the clone fails after them', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'repmgr-files-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const [old, added] = [join(directory, 'pg_hba.conf'), join(directory, 'new', 'er', 'postgresql.conf')];
  await writeFile(old, 'before', { mode: 0o640 });
  const notices: string[] = [];
  const main = copyPlace(directory);
  const context = {
    plan: { externalFiles: [old, added].map((path) => ({ path, content: Buffer.from('of the source') })) },
    log: { notice: (text: string) => notices.push(text), warning: (text: string) => notices.push(text) },
  } as unknown as CloneContext;
  const undos: Undo[] = [];
  await writeExternalFiles(context, { main, tablespaces: [], wal: undefined, all: [main] }, undos);
  expect(await readFile(added, 'utf8')).toBe('of the source');
  expect(await readFile(old, 'utf8')).toBe('of the source');
  expect((await stat(old)).mode & 0o777).toBe(0o640);

  for (const undo of undos.toReversed()) await undo();
  expect(await readdir(directory)).toEqual(['pg_hba.conf']);
  expect(await readFile(old, 'utf8')).toBe('before');
  expect(notices).toEqual([`"${added}" is as it was before`, `"${old}" is as it was before`]);
});
