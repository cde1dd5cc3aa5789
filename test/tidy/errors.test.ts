/** An error that a user can meet has three parts: what happened, what was found (DETAIL), what to do next (HINT). */
import { expect, it } from 'vitest';
import { readSourceFiles } from '../support/source-files.ts';

/** What `report` of run.ts completes, and defects, which have a hint of their own there. */
const completedElsewhere = ['interrupted', 'internal'];

/** The text from behind an opening brace to its closing one. */
function bodyAt(text: string, start: number): string {
  let depth = 1;
  let end = start;
  while (depth > 0 && end < text.length) {
    if (text[end] === '{') depth++;
    if (text[end] === '}') depth--;
    end++;
  }
  return text.slice(start, end);
}

it('every error of the catalogue is thrown with a DETAIL and a HINT', () => {
  const calls = readSourceFiles().flatMap(({ path, text }) =>
    [...text.matchAll(/failure\('(\w+)', \{/g)].map((call) => ({
      place: `${path}: ${call[1]}`,
      code: call[1] ?? '',
      body: bodyAt(text, call.index + call[0].length),
    })),
  );
  expect(calls.length).toBeGreaterThan(200);
  const incomplete = calls.filter(
    ({ code, body }) =>
      !completedElsewhere.includes(code) && !(/\bdetail\b/.test(body) && /\bhint\b/.test(body)),
  );
  expect(incomplete.map(({ place }) => place)).toEqual([]);
});
