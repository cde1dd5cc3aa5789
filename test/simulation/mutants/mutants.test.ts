import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hardHistories } from '../hard-histories/all.ts';
import { makeCheckers } from '../checkers/all.ts';
import { root } from '../../support/source-files.ts';
import { mutants } from './all.ts';
import { mutantsTable } from './table.ts';

describe('the mutants', () => {
  it.each(mutants.map((mutant) => [mutant.name, mutant] as const))(
    '%s: breaks text that is there',
    (_, { changes }) => {
      const missing = changes.filter(
        ({ file, from }) => readFileSync(`${root}${file}`, 'utf8').split(from).length !== 2,
      );
      expect(missing).toEqual([]);
    },
  );

  it('are to be caught by checkers and stories that exist', () => {
    const checkers = ['the story', 'no exception', ...makeCheckers().map(({ name }) => name)];
    const unknown = mutants.flatMap(({ name, caughtBy, stories }) => [
      ...caughtBy.filter((checker) => !checkers.includes(checker)).map((checker) => `${name}: ${checker}`),
      ...stories
        .filter((story) => !hardHistories.some((it) => it.name.startsWith(story)))
        .map((story) => `${name}: story ${story}`),
    ]);
    expect(unknown).toEqual([]);
  });

  it('stand in the page about the core', () => {
    expect(readFileSync(`${root}docs/internals/failover.md`, 'utf8')).toContain(mutantsTable());
  });

  it('leave no checker unproven', () => {
    const seen = new Set(mutants.flatMap(({ caughtBy }) => caughtBy));
    expect(makeCheckers().filter(({ name }) => !seen.has(name))).toEqual([]);
  });

  it.each(mutants.map(({ name }) => name))('%s is caught', { timeout: 120_000 }, (name) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['scripts/simulate.mjs', '--mutant', name],
      { cwd: root, encoding: 'utf8' },
    );
    expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
  });
});
