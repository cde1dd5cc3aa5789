import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quoteAt, substitutePlaceholders, variableAt } from '../../src/model/command-template.ts';

/** Each prints the value once, between the given texts, as one word. */
const places: readonly (readonly [template: string, before: string, after: string])[] = [
  ['%d', '', ''],
  ['"%d"', '', ''],
  ["'%d'", '', ''],
  ['a%d-b', 'a', '-b'],
  ['--text="x %d y"', '--text=x ', ' y'],
  ["'it is '%d' so'", 'it is ', ' so'],
  [`"$(printf %%s. "%d")"`, '', '.'],
  [`"$(printf %%s. %d)"`, '', '.'],
  ['"`printf %%s. %d`"', '', '.'],
  [`"(" `.trim() + '%d', '(', ''],
  ['"$%d"', '$', ''],
  ['$%d', '$', ''],
  ['"\\%d"', '\\', ''],
  ['\\"%d', '"', ''],
  ['"\\"%d"', '"', ''],
  ["\\'%d", "'", ''],
];

const value = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.string({ unit: fc.constantFrom(...`'"\\$\`(){}!#*?%;&|<> \n\tab=-`.split('')), maxLength: 20 }),
  )
  // $(...) drops line ends at the end of its output, which is no matter of quoting: hence the dots above.
  .map((text) => Buffer.from(text).toString().replaceAll('\0', ''));

describe('a value reaches the command as it is, wherever its placeholder stands', () => {
  const templateOf = (chosen: typeof places) =>
    `printf '%%s\\000' ${chosen.map(([place]) => place).join(' ')}`;
  const expectedAt = (chosen: typeof places, text: string) =>
    chosen.map(([, before, after]) => before + text + after);
  const run = (command: string, environment: Record<string, string>) =>
    spawnSync('/bin/sh', ['-c', command], { env: { ...process.env, ...environment }, encoding: 'utf8' })
      .stdout.split('\0')
      .slice(0, -1);

  test('when the value is written into the command line', () => {
    // Backquotes have escapes of their own, which differ between shells; running uses variables.
    const chosen = places.filter(([place]) => !place.includes('`'));
    fc.assert(
      fc.property(value, (text) => {
        const command = substitutePlaceholders(templateOf(chosen), (letter, quoting) =>
          letter === 'd' ? quoteAt(text, quoting) : undefined,
        );
        expect(run(command, {})).toEqual(expectedAt(chosen, text));
      }),
      { numRuns: 100 },
    );
  });

  test('when the shell reads it from a variable', () => {
    const command = substitutePlaceholders(`${templateOf(places)} # don't '%d'`, (letter, quoting) =>
      letter === 'd' ? variableAt('DETAILS', quoting) : undefined,
    );
    fc.assert(
      fc.property(value, (text) => {
        expect(run(command, { DETAILS: text })).toEqual(expectedAt(places, text));
      }),
      { numRuns: 150 },
    );
  });
});

test('%% is a percent sign, and what is no placeholder stays as it is', () => {
  const none = () => undefined;
  expect(substitutePlaceholders('date +%%Y \\%q %q 100%', none)).toBe('date +%Y \\%q %q 100%');
});

test('a variable is never read as shell code, not even where quoting was misjudged', () => {
  const command = substitutePlaceholders('cat <<END\n%d "%d" \'%d\'\nEND', (_letter, quoting) =>
    variableAt('DETAILS', quoting),
  );
  const result = spawnSync('/bin/sh', ['-c', command], {
    env: { ...process.env, DETAILS: '$(echo attack >&2)`echo attack >&2`' },
    encoding: 'utf8',
  });
  expect(result.stderr).toBe('');
});
