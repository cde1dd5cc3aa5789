import { expect, test } from 'vitest';
import { monotonicMs, waitUntil } from '../../src/system/clock.ts';

test('waiting ends with what the condition gives', async () => {
  let looks = 0;
  const found = await waitUntil(async () => (++looks === 3 ? 'here' : undefined), {
    deadlineMs: 5000,
    intervalMs: 1,
  });
  expect(found).toBe('here');
});

test('waiting ends at its deadline, with one last look', async () => {
  let looks = 0;
  const startMs = monotonicMs();
  const found = await waitUntil(
    async () => {
      looks += 1;
      return undefined;
    },
    { deadlineMs: 30, intervalMs: 1000 },
  );
  expect(found).toBeUndefined();
  expect(looks).toBe(2);
  expect(monotonicMs() - startMs).toBeLessThan(900);
});

test('an aborted signal ends the wait at once', async () => {
  const abort = new AbortController();
  const waiting = waitUntil(async () => undefined, {
    deadlineMs: Infinity,
    intervalMs: 60_000,
    signal: abort.signal,
  });
  abort.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'interrupted' });
});

test('a pause longer than a timer can count is long all the same', async () => {
  const abort = new AbortController();
  let looks = 0;
  const look = async () => {
    looks += 1;
    if (looks === 1) setTimeout(() => abort.abort(), 50);
    return undefined;
  };
  const options = { deadlineMs: Infinity, intervalMs: 2 ** 40, signal: abort.signal };
  await expect(waitUntil(look, options)).rejects.toMatchObject({ code: 'interrupted' });
  expect(looks).toBe(1);
});
