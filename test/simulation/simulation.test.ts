import { describe, expect, it } from 'vitest';
import { hardHistories } from './hard-histories/all.ts';
import { drawHistory } from './history/draw.ts';
import { runHistory } from './history/run-history.ts';
import { regressions } from './regressions/all.ts';

/** Enough for every change; `npm run sim` plays as many as one likes. */
const histories = 400;

/** What was broken first in each of these seeds. */
function play(seeds: readonly number[]): readonly string[] {
  return seeds.flatMap((seed) => {
    const [violation] = runHistory(drawHistory(seed), false).violations;
    return violation === undefined
      ? []
      : [`${violation.checker}: ${violation.text} (npm run sim -- --seed ${seed} --trace)`];
  });
}

describe('the failover core in simulated clusters', () => {
  it('keeps all promises in histories drawn from seeds', { timeout: 300_000 }, () => {
    expect(play(Array.from({ length: histories }, (_, index) => index + 1))).toEqual([]);
  });

  it.each([...hardHistories, ...regressions].map((history) => [history.name, history] as const))(
    'survives the history %s',
    { timeout: 60_000 },
    (_, { variants }) => {
      const broken = variants.flatMap(({ name, options, complaint }) =>
        [1, 2].flatMap((seed) =>
          runHistory(options(seed), false, complaint).violations.map(
            ({ checker, text }) => `${name}, seed ${seed}: ${checker}: ${text}`,
          ),
        ),
      );
      expect(broken).toEqual([]);
    },
  );

  it('plays the same history again for the same seed', () => {
    const hashes = [77, 77, 78].map((seed) => runHistory(drawHistory(seed), true).trace?.hash);
    expect(hashes[0]).toBe(hashes[1]);
    expect(hashes[0]).not.toBe(hashes[2]);
  });

  it('takes seeds up to 2^53', () => {
    const [one, other] = [2 ** 53 - 1, 2 ** 53 - 2].map((seed) => drawHistory(seed));
    expect(one?.faults).not.toEqual(other?.faults);
  });
});
