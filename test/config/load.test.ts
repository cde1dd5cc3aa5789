import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig, type LoadOptions, noConfigurationFound } from '../../src/config/load.ts';
import { RepmgrError } from '../../src/errors.ts';

const minimal = 'cluster=test\nnode=1\nnode_name=node1\nconninfo=host=db1\n';
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'repmgr-config-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function put(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}

function options(more: Partial<LoadOptions> = {}): LoadOptions {
  return {
    workingDirectory: directory,
    environment: {},
    globalFile: join(directory, 'etc', 'repmgr.conf'),
    ...more,
  };
}

async function errorOf(work: Promise<unknown>): Promise<RepmgrError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof RepmgrError) return error;
  throw new Error(`no RepmgrError: ${String(error)}`);
}

describe('the file is looked for', () => {
  test('where -f says, relative to the working directory', async () => {
    const path = await put('mine.conf', minimal);
    const { config } = await loadConfig(options({ file: 'mine.conf' }));
    expect(config).toMatchObject({ clusterName: 'test', sourceFile: path });
  });

  test('in the working directory, then in /etc, then where pg_config says', async () => {
    const etc = join(directory, 'etc');
    const system = join(directory, 'system');
    await mkdir(etc);
    await mkdir(system);
    const systemConfigDirectory = async (): Promise<string> => system;
    const found = async (): Promise<string | undefined> =>
      (await loadConfig(options({ systemConfigDirectory }))).config?.sourceFile;

    expect(await found()).toBeUndefined();
    await put('system/repmgr.conf', minimal);
    expect(await found()).toBe(join(system, 'repmgr.conf'));
    await put('etc/repmgr.conf', minimal);
    expect(await found()).toBe(join(etc, 'repmgr.conf'));
    await put('repmgr.conf', minimal);
    expect(await found()).toBe(join(directory, 'repmgr.conf'));
  });

  test.skipIf(process.getuid?.() === 0)('and not in a directory that is closed to us', async () => {
    await mkdir(join(directory, 'etc'));
    await put('etc/repmgr.conf', minimal);
    const closed = join(directory, 'closed');
    await mkdir(closed, { mode: 0 });
    const { config } = await loadConfig(options({ workingDirectory: closed }));
    expect(config?.sourceFile).toBe(join(directory, 'etc', 'repmgr.conf'));
  });

  test('and pg_config is not asked where the file is found before', async () => {
    await put('repmgr.conf', minimal);
    const systemConfigDirectory = (): Promise<string> => Promise.reject(new Error('asked'));
    await expect(loadConfig(options({ systemConfigDirectory }))).resolves.toMatchObject({ warnings: [] });
  });

  test('and every place is told where it is in none', async () => {
    const { config, searched } = await loadConfig(options());
    expect(config).toBeUndefined();
    expect(noConfigurationFound(searched)).toMatchObject({
      exitCode: 1,
      detail: `Looked for ${searched.join(', ')}.`,
    });
  });
});

describe('a file that cannot be read', () => {
  test('is an error where -f names it', async () => {
    const error = await errorOf(loadConfig(options({ file: '/nowhere/repmgr.conf' })));
    expect(error).toMatchObject({
      code: 'configuration_file_unreadable',
      exitCode: 1,
      message: 'cannot read configuration file "/nowhere/repmgr.conf"',
      detail: 'The file does not exist.',
    });
  });

  test('is an error too where it was only found', async () => {
    await mkdir(join(directory, 'repmgr.conf'));
    expect(await errorOf(loadConfig(options()))).toMatchObject({ detail: 'It is a directory.' });
  });

  test.skipIf(process.getuid?.() === 0)('tells of missing permission', async () => {
    await chmod(await put('repmgr.conf', minimal), 0);
    expect(await errorOf(loadConfig(options()))).toMatchObject({ detail: 'Permission denied.' });
  });

  test('is not waited for where it is a named pipe, nor read without end where it is a device', async () => {
    const pipe = join(directory, 'pipe.conf');
    execFileSync('mkfifo', [pipe]);
    for (const file of [pipe, '/dev/zero']) {
      expect(await errorOf(loadConfig(options({ file })))).toMatchObject({
        detail: 'It is not a regular file.',
      });
    }
  });

  test('is told to be no text where it is UTF-16', async () => {
    await writeFile(join(directory, 'repmgr.conf'), Buffer.from(minimal, 'utf16le'));
    expect(await errorOf(loadConfig(options()))).toMatchObject({
      detail: 'It holds zero bytes, so it is no text in UTF-8.',
    });
  });

  test('is named in the hint as the shell must read it', async () => {
    expect(await errorOf(loadConfig(options({ file: '/my files/repmgr.conf' })))).toMatchObject({
      hint: "Look at its directory with: ls -ld '/my files'",
    });
  });

  test('is not read where it is far too large', async () => {
    await put('repmgr.conf', '#'.repeat(1024 * 1024 + 1));
    expect((await errorOf(loadConfig(options()))).detail).toMatch(/^It has 1048577 bytes/);
  });
});

describe('a file with errors', () => {
  test('gives one error with a line for each of them', async () => {
    const path = await put('repmgr.conf', 'cluster=test\nnode=x\nconninfo=host=a\nfailover=no\n');
    expect(await errorOf(loadConfig(options()))).toMatchObject({
      code: 'configuration_invalid',
      exitCode: 1,
      message: [
        `configuration file "${path}" has 2 errors:`,
        'line 2: node: "x" is not an integer',
        'line 4: failover: "no" is none of manual, automatic',
      ].join('\n'),
      detail: 'A file with errors is not used at all, so nothing was done.',
      hint: `Correct the file and check it with: repmgrd --check-config -f ${path}`,
    });
  });
});

describe('included files', () => {
  test('count as if their lines stood in place of the directive', async () => {
    await mkdir(join(directory, 'conf.d'));
    await put('repmgr.conf', `${minimal}include 'more.conf'\npriority=5\ninclude_dir 'conf.d'\n`);
    await put('more.conf', 'priority=1\nlocation=here\n');
    await put('conf.d/2.conf', 'failover_limit=2\n');
    await put('conf.d/1.conf', 'failover_limit=1\n');
    await put('conf.d/ignored.txt', 'node=5\n');
    const { config, warnings } = await loadConfig(options());
    expect(config).toMatchObject({ priority: 5, location: 'here', failoverLimit: 2, nodeId: 1 });
    expect(warnings.map(({ message }) => message)).toContain(
      `configuration file "${join(directory, 'repmgr.conf')}", line 6: "priority" stands in line 1 of ${join(directory, 'more.conf')} too; the last one counts`,
    );
  });

  test('may be missing only with include_if_exists', async () => {
    await put('repmgr.conf', `${minimal}include_if_exists 'a'\ninclude 'b'\n`);
    expect((await errorOf(loadConfig(options()))).message).toContain(
      `line 6: include: "${join(directory, 'b')}" does not exist`,
    );
  });

  test('are named with their errors', async () => {
    const path = await put('more.conf', '\nfailover=x\n');
    await put('repmgr.conf', `${minimal}include 'more.conf'\n`);
    expect((await errorOf(loadConfig(options()))).message).toContain(`${path} line 2: failover`);
  });

  test('that cannot be read are errors with the reason', async () => {
    await put('repmgr.conf', `${minimal}include '.'\ninclude_dir 'nowhere'\n`);
    const { message } = await errorOf(loadConfig(options()));
    expect(message).toContain(
      `line 5: include: cannot read configuration file "${directory}"; It is a directory.`,
    );
    expect(message).toContain('line 6: include_dir: cannot read configuration file');
  });

  test('may not include themselves, which is told once', async () => {
    const main = await put('repmgr.conf', `${minimal}include 'more.conf'\n`);
    const more = await put('more.conf', `include 'repmgr.conf'\ninclude 'more.conf'\n`);
    expect((await errorOf(loadConfig(options()))).message.split('\n').slice(1)).toEqual([
      `${more} line 1: include: "${main}" includes itself`,
      `${more} line 2: include: "${more}" includes itself`,
    ]);
  });

  test('are not read in thousands, where a directory includes itself', async () => {
    await mkdir(join(directory, 'conf.d'));
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await put(`conf.d/${name}.conf`, "include_dir '.'\n");
    const main = await put('repmgr.conf', `${minimal}include_dir 'conf.d'\n`);
    expect(await errorOf(loadConfig(options()))).toMatchObject({
      code: 'configuration_file_unreadable',
      message: `configuration file "${main}" includes too many files`,
    });
  });
});
