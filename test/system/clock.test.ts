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
