import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parseConfiguration } from '../../src/config/parse.ts';
import { resolveConfiguration } from '../../src/config/resolve.ts';

const root = new URL('../../', import.meta.url);

describe('the sample file', () => {
  test('can be used as it is, without a warning', async () => {
    const text = await readFile(new URL('repmgr.conf.sample', root), 'utf8');
    expect(resolveConfiguration(parseConfiguration(text), { program: 'repmgrd' })).toMatchObject({
      kind: 'resolved',
      warnings: [],
    });
  });

  test('shows only values that are allowed', async () => {
    const text = await readFile(new URL('repmgr.conf.sample', root), 'utf8');
    const shown = text
      .replace(/^#(\w+ = )/gm, '$1')
      .replace(/^(upstream_node|pg_backupapi_host|barman_.*) = .*$/gm, '');
    const resolution = resolveConfiguration(parseConfiguration(shown));
    expect(resolution.kind === 'invalid' ? resolution.errors : []).toEqual([]);
  });
});

test('the sample file and the reference follow the parameter table', async () => {
  const run = promisify(execFile)(process.execPath, ['scripts/generate-configuration.mjs', '--check'], {
    cwd: root,
  });
  await expect(run).resolves.toMatchObject({ stderr: '' });
});
