import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quoteForShell, runCommandLine } from '../../src/system/shell.ts';

test('a quoted word reaches the program as it was, whatever it contains', async () => {
  const word = fc
    .string({ unit: 'binary', maxLength: 40 })
    .map((text) => Buffer.from(text).toString().replaceAll('\0', ''));
  await fc.assert(
    fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 20 }), async (words) => {
      const result = await runCommandLine(`printf '%s\\000' ${words.map(quoteForShell).join(' ')}`);
      expect(result.stdout.split('\0').slice(0, -1)).toEqual(words);
    }),
    { numRuns: 30 },
  );
});

test('plain words stay readable', () => {
  expect(quoteForShell('/usr/bin/pg_ctl')).toBe('/usr/bin/pg_ctl');
  expect(quoteForShell("it's")).toBe(`'it'\\''s'`);
  expect(quoteForShell('')).toBe("''");
});
