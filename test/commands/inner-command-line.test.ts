import { expect, it } from 'vitest';
import { endOptionsAtCommandLine } from '../../src/commands/inner-command-line.ts';

const takesNextWord = (option: string): boolean => option === '--directory';
const ended = (line: string): string => endOptionsAtCommandLine(line.split(' '), takesNextWord).join(' ');

it.each([
  ['sandbox run 2 cluster show --csv', 'sandbox run 2 -- cluster show --csv'],
  ['sandbox run --directory /x 2 cluster show', 'sandbox run --directory /x 2 -- cluster show'],
  ['sandbox run --directory=/x --dry-run 2 show', 'sandbox run --directory=/x --dry-run 2 -- show'],
  ['-v Sandbox RUN 2 show', '-v Sandbox RUN 2 -- show'],
])('ends the options of "%s" behind the node', (line, expected) => {
  expect(ended(line)).toBe(expected);
});

it.each([
  'sandbox run 2 -- show',
  'sandbox run -- 2 show',
  'sandbox run 2',
  'sandbox run',
  'cluster show -- run',
])('leaves "%s" as it is', (line) => {
  expect(ended(line)).toBe(line);
});
