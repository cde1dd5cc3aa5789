/** What postmaster.opts holds, read back for the next start. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { keptStartOptions, parseStartOptions } from '../../src/postgres/start-options.ts';

it('reads the arguments that PostgreSQL wrote, blanks and quotes of a shell included', () => {
  expect(parseStartOptions('/usr/lib/postgresql/15/bin/postgres "-D" "/data" "-c" "port=5433"\n')).toEqual([
    '-D',
    '/data',
    '-c',
    'port=5433',
  ]);
  expect(parseStartOptions('/opt/my pg/postgres "-c" "cluster_name=it\'s $HOME"\n')).toEqual([
    '-c',
    "cluster_name=it's $HOME",
  ]);
  expect(parseStartOptions('/usr/bin/postgres\n')).toEqual([]);
  expect(parseStartOptions('')).toEqual([]);
});

it('gives pg_ctl the options as words for its shell, without the data directory of whoever wrote them', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'start-options-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  expect(await keptStartOptions(directory)).toBeUndefined();
  const write = (text: string) => writeFile(join(directory, 'postmaster.opts'), text);

  await write('/bin/postgres "-D" "/elsewhere" "-c" "config_file=/etc/pg main/postgresql.conf" "-i"\n');
  expect(await keptStartOptions(directory)).toBe("-c 'config_file=/etc/pg main/postgresql.conf' -i");
  await write('/bin/postgres "-D/elsewhere" "--data_directory=/elsewhere" "-c" "x=$(reboot)"\n');
  expect(await keptStartOptions(directory)).toBe("-c 'x=$(reboot)'");
  await write('/bin/postgres "-D" "/elsewhere"\n');
  expect(await keptStartOptions(directory)).toBeUndefined();
});
