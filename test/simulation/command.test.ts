import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { root } from '../support/source-files.ts';

function simulate(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/simulate.mjs', ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const mutant = 'skip the durable vote';

describe('npm run sim', { timeout: 60_000 }, () => {
  it('plays as many histories as it is told on several workers, and prints the figures', () => {
    const { status, stdout } = simulate('--histories', '5', '--seed', '1', '--workers', '2');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^5 histories, /);
    expect(stdout).toContain('5 passed, 0 failed (first seed 1)');
  });

  it('tells the story of one seed, up to 2^53', () => {
    const { status, stdout } = simulate('--seed', String(2 ** 53), '--trace');
    expect(status).toBe(0);
    expect(stdout).toContain(`History ${2 ** 53}: `);
    expect(stdout).toMatch(/ leads term 1 by the votes of a quorum/);
  });

  it('succeeds where a mutant is caught, and tells its story', () => {
    const { status, stdout } = simulate('--mutant', mutant, '--trace');
    expect(status).toBe(0);
    expect(stdout).toContain(`caught: "${mutant}"`);
    expect(stdout).toMatch(/^Broken: /m);
  });

  it('fails where it is not', () => {
    expect(simulate('--mutant', 'accept an old record', '--seed', '1', '--histories', '1')).toMatchObject({
      status: 1,
    });
  });

  it.each([
    ['--seed', '5x'],
    ['--seed', String(2 ** 54)],
    ['--histories', '0'],
    ['--without', 'mercy'],
    ['--hystories', '5'],
  ])('refuses %s %s', (...args) => {
    const { status, stderr } = simulate(...args);
    expect({ status, explains: stderr.includes(args[0].replace('--', '')) }).toEqual({
      status: 2,
      explains: true,
    });
  });
});
