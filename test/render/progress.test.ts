import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProgress, progressLine } from '../../src/render/progress.ts';

const mebibyte = 1024 * 1024;

describe('progressLine', () => {
  const state = { label: 'copying', doneBytes: 512 * mebibyte, totalBytes: 1024 * mebibyte, barWidth: 0 };

  it('tells bytes, share, rate and time left', () => {
    expect(progressLine({ ...state, elapsedMs: 2000 })).toBe(
      'copying: 512 MB of 1 GB (50%), 256 MB/s, 2s left',
    );
  });

  it('draws a bar of the width that is there', () => {
    expect(progressLine({ ...state, elapsedMs: 2000, barWidth: 8 })).toContain('copying: [####....] 512 MB');
  });

  it('never shows more than there is, where WAL came on top', () => {
    const line = progressLine({ ...state, doneBytes: 1536 * mebibyte, elapsedMs: 3000 });
    expect(line).toBe('copying: 1.5 GB of 1.5 GB (100%), 512 MB/s');
  });

  it.each([
    [1, '299s left'],
    [10, '50min left'],
    [1000, '84h left'],
  ])('rounds the time left to what one wants to know (%d)', (factor, expected) => {
    const doneBytes = mebibyte;
    const totalBytes = doneBytes + 299 * factor * mebibyte;
    expect(progressLine({ ...state, doneBytes, totalBytes, elapsedMs: 1000 })).toContain(expected);
  });

  it('makes no statement where nothing has come yet', () => {
    expect(progressLine({ ...state, doneBytes: 0, elapsedMs: 0 })).toBe(
      'copying: 0 bytes of 1 GB (0%), 0 bytes/s',
    );
  });
});

describe('the display', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const displayOn = (parts: object) => {
    const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), parts);
    const progress = createProgress({ label: 'copying', stream, lineIntervalMs: 10_000 });
    return { progress, written: () => String(stream.read() ?? '') };
  };

  it('writes a line at the start, one every ten seconds and one at the end, where no terminal is', () => {
    const { progress, written } = displayOn({});
    progress.start(100 * mebibyte);
    for (let second = 1; second <= 25; second += 1) {
      vi.advanceTimersByTime(1000);
      progress.update(second * mebibyte);
    }
    progress.stop(true);
    expect(written().split('\n')).toEqual([
      'copying: 0 bytes of 100 MB (0%), 0 bytes/s',
      expect.stringMatching(/^copying: 9 MB of 100 MB \(9%\), 922 kB\/s, 102s left$/),
      expect.stringMatching(/^copying: 19 MB of 100 MB/),
      'copying: 25 MB of 25 MB (100%), 1 MB/s',
      '',
    ]);
  });

  it('redraws one line on a terminal, and leaves its settings alone', () => {
    const { progress, written } = displayOn({ isTTY: true, columns: 120 });
    progress.start(100 * mebibyte);
    vi.advanceTimersByTime(1000);
    progress.update(50 * mebibyte);
    vi.advanceTimersByTime(1000);
    progress.stop(false);
    const text = written();
    expect(text).toContain(`copying: [${'#'.repeat(20)}${'.'.repeat(20)}] 50 MB of 100 MB (50%)`);
    expect(text.match(/\n/g)).toHaveLength(1);
    expect(text).not.toContain('\u001b[?');
  });

  it('is silent where it never started', () => {
    const { progress, written } = displayOn({});
    progress.stop(false);
    expect(written()).toBe('');
  });
});
