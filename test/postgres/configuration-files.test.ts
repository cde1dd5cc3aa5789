import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { configurationFiles } from '../../src/postgres/configuration-files.ts';

async function directoryWith(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'repmgr-configuration-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text);
  }
  return directory;
}

describe('the configuration files of a data directory', () => {
  it('are those that a server reads first, as far as they exist', async () => {
    const directory = await directoryWith({ 'postgresql.conf': '', 'pg_hba.conf': '', PG_VERSION: '15' });
    expect(await configurationFiles(directory)).toEqual(['postgresql.conf', 'pg_hba.conf']);
  });

  it('are also what those include and name, from where they lie', async () => {
    const directory = await directoryWith({
      'postgresql.conf': [
        "include 'more/first.conf'",
        "include_if_exists = 'absent.conf'",
        "include_dir 'conf.d'",
        "ssl_cert_file = 'tls/own.crt' # ours",
        "ssl_key_file 'tls/own.key'",
      ].join('\n'),
      'more/first.conf': "include 'second.conf'\nport = 5433\n",
      'more/second.conf': "include '../postgresql.conf'\n",
      'conf.d/10-memory.conf': 'shared_buffers = 1GB\n',
      'conf.d/notes.txt': '',
      'tls/own.crt': '',
      'tls/own.key': '',
    });
    expect([...(await configurationFiles(directory))].sort()).toEqual([
      'conf.d/10-memory.conf',
      'more/first.conf',
      'more/second.conf',
      'postgresql.conf',
      'tls/own.crt',
      'tls/own.key',
    ]);
  });

  it('are also the lists and includes of pg_hba.conf', async () => {
    const directory = await directoryWith({
      'pg_hba.conf': 'local @databases @"admins" trust\n# @comment\ninclude "hba/more.conf"\n',
      databases: 'app',
      admins: 'alice',
      comment: '',
      'hba/more.conf': '',
    });
    expect([...(await configurationFiles(directory))].sort()).toEqual([
      'admins',
      'databases',
      'hba/more.conf',
      'pg_hba.conf',
    ]);
  });

  it('are none that lie elsewhere', async () => {
    const directory = await directoryWith({
      'postgresql.conf': "include '/etc/passwd'\nhba_file = '../pg_hba.conf'\n",
    });
    expect(await configurationFiles(directory)).toEqual(['postgresql.conf']);
  });
});
