import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorCatalogue } from '../../src/errors.ts';
import { readSourceFiles, root } from '../support/source-files.ts';

const files = readSourceFiles();

describe('the rules of the house', () => {
  it('compare version numbers of PostgreSQL in postgres/version.ts only', () => {
    const comparing =
      /[<>]=?\s*(?:90|9[0-6]|1[0-9])\d{4}\b|version_?num\w*\s*[<>]=?\s*\d|\.number\s*[<>]=?\s*\d/i;
    const offenders = files.filter(
      ({ path, text }) => path !== 'postgres/version.ts' && comparing.test(text),
    );
    expect(offenders.map(({ path }) => path)).toEqual([]);
  });

  it('keep source files small', () => {
    const long = files.map(({ path, text }) => ({ path, lines: text.split('\n').length }));
    expect(long.filter(({ lines }) => lines > 250)).toEqual([]);
  });

  it('open every source file with what it is for', () => {
    const bare = files.filter(({ text }) => !/^(?:#![^\n]*\n)?\/\*\*/.test(text));
    expect(bare.map(({ path }) => path)).toEqual([]);
  });

  it('document every error', () => {
    const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');
    expect(Object.keys(errorCatalogue).filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
  });

  it('keep the generated files as their tables say', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/generate.mjs', '--check'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect({ status, stdout, stderr }, 'run: npm run generate').toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    });
  });
});
