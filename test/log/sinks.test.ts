import { chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { formatEntry, type LineFormat } from '../../src/log/lines.ts';
import { type LogLevel, logLevels } from '../../src/log/logger.ts';
import { configuredLog, createLogger, type LoggerOptions } from '../../src/log/sinks.ts';

const time = new Date(2026, 0, 31, 4, 5, 6);
let directory: string;
let standardError: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'repmgr-log-'));
  standardError = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => standardError.push(String(text)) > 0);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

function linesOf(
  format: LineFormat,
  message: string,
  detail?: string,
  hint?: string,
  level: LogLevel = 'ERROR',
) {
  return formatEntry({ level, time, message, parts: { detail, hint } }, format, false);
}

async function written(options: Partial<LoggerOptions>): Promise<string> {
  const log = await createLogger({ program: 'repmgr', now: () => time, ...options });
  for (const level of logLevels) log.log(level, `of ${level}`, { detail: 'The detail.', hint: 'The hint.' });
  return standardError.join('');
}

describe('line formats', () => {
  test('repmgr writes the level, a colon and the text', () => {
    expect(linesOf('plain', 'node 2 is gone', 'No answer.', 'Start it.')).toEqual([
      'ERROR: node 2 is gone',
      'DETAIL: No answer.',
      'HINT: Start it.',
    ]);
  });

  test('repmgrd writes local time and level in brackets', () => {
    expect(linesOf('timed', 'node 2 is gone', 'No answer.', 'Start it.', 'CRIT')).toEqual([
      '[2026-01-31 04:05:06] [CRITICAL] node 2 is gone',
      '[2026-01-31 04:05:06] [DETAIL] No answer.',
      '[2026-01-31 04:05:06] [HINT] Start it.',
    ]);
  });

  test('JSON has everything in one line', () => {
    const [line, ...more] = linesOf('json', 'two\nlines', 'No answer.');
    expect(more).toEqual([]);
    expect(JSON.parse(line ?? '')).toEqual({
      time: time.toISOString(),
      level: 'ERROR',
      message: 'two\nlines',
      detail: 'No answer.',
    });
  });

  test('each line of a message has its level, so that none looks like another entry', () => {
    expect(linesOf('plain', 'first\r\nsecond\n')).toEqual(['ERROR: first', 'ERROR: second']);
  });

  test('what a server said cannot move the cursor', () => {
    expect(linesOf('plain', 'a\u001b[2Jb\tc\u009b')).toEqual(['ERROR: a\\x1b[2Jb\tc\\x9b']);
  });

  test('colours are only in the label', () => {
    const [line] = formatEntry({ level: 'ERROR', time, message: 'text', parts: {} }, 'plain', true);
    expect(line).toMatch(/ERROR.*m: text$/);
    expect(line).toContain('\u001b[31m');
  });
});

describe('levels', () => {
  test('NOTICE is the least severe level, if nothing else is said', async () => {
    expect(await written({ isTerse: true })).toBe(
      'NOTICE: of NOTICE\nWARNING: of WARNING\nERROR: of ERROR\nALERT: of ALERT\nCRITICAL: of CRIT\nEMERG: of EMERG\n',
    );
  });

  test('--verbose shows INFO, and leaves DEBUG as it is', async () => {
    expect(await written({ isVerbose: true, level: 'ERROR', isTerse: true })).toMatch(
      /^INFO: of INFO\nNOTICE: /,
    );
    standardError = [];
    expect(await written({ isVerbose: true, level: 'DEBUG', isTerse: true })).toMatch(/^DEBUG: of DEBUG\n/);
  });

  test('ALERT is worse than CRIT, as in syslog', async () => {
    expect(await written({ level: 'ALERT', isTerse: true })).toBe('ALERT: of ALERT\nEMERG: of EMERG\n');
  });

  test('DETAIL and HINT follow their line, and disappear with its level', async () => {
    expect(await written({ level: 'EMERG' })).toBe('EMERG: of EMERG\nDETAIL: The detail.\nHINT: The hint.\n');
  });
});

describe('a log file', () => {
  test('is added to, and found anew after it was moved away', async () => {
    const path = join(directory, 'repmgr.log');
    writeFileSync(path, 'before\n');
    const log = await createLogger({
      program: 'repmgrd',
      format: 'timed',
      destination: { kind: 'file', path },
      now: () => time,
    });
    log.notice('first');
    renameSync(path, `${path}.1`);
    log.reopen();
    log.notice('second');
    await log.close();
    log.notice('after the end');
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('before\n[2026-01-31 04:05:06] [NOTICE] first\n');
    expect(readFileSync(path, 'utf8')).toBe('[2026-01-31 04:05:06] [NOTICE] second\n');
    expect(standardError).toEqual([`NOTICE: log lines go to "${path}" from here on\n`]);
  });

  test('that cannot be written is an error with exit code 1', async () => {
    const path = join(directory, 'missing', 'repmgr.log');
    await expect(createLogger({ program: 'repmgrd', destination: { kind: 'file', path } })).rejects.toThrow(
      expect.objectContaining({
        code: 'log_file_unwritable',
        exitCode: 1,
        message: `cannot write to log file "${path}"`,
        hint: expect.stringContaining(`ls -ld ${directory}/missing`),
      }),
    );
  });
});

describe('syslog', () => {
  function fakeLogger(script: string): void {
    const path = join(directory, 'logger');
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    vi.stubEnv('PATH', `${directory}:${process.env['PATH']}`);
  }

  test('gets each line with its priority, from one `logger` for all', async () => {
    fakeLogger(`echo "$@" >> ${directory}/calls; cat >> ${directory}/lines`);
    const log = await createLogger({
      program: 'repmgrd',
      format: 'timed',
      destination: { kind: 'syslog', facility: 'LOCAL3' },
    });
    log.notice('first');
    log.error('second', { hint: 'Do it.' });
    await log.close();
    expect(readFileSync(join(directory, 'lines'), 'utf8')).toBe(
      '<157>NOTICE: first\n<155>ERROR: second\n<155>HINT: Do it.\n',
    );
    expect(readFileSync(join(directory, 'calls'), 'utf8')).toBe(
      `--prio-prefix --tag repmgrd --id=${process.pid} --socket-errors=on --size 8KiB\n`,
    );
  });

  test.skipIf(existsSync('/dev/log'))('without its socket leaves the lines on stderr', async () => {
    const log = await createLogger({
      program: 'repmgr',
      destination: { kind: 'syslog', facility: 'LOCAL1' },
    });
    log.notice('not lost');
    await log.close();
    expect(standardError.at(-1)).toMatch(/^WARNING: syslog cannot be used.*\nNOTICE: not lost\n$/);
  });

  test('that is not there leaves the lines on stderr', async () => {
    vi.stubEnv('PATH', directory);
    const log = await createLogger({ program: 'repmgrd', destination: { kind: 'syslog', facility: 'USER' } });
    await vi.waitFor(() => expect(standardError.join('')).toContain('WARNING: syslog cannot be used'));
    log.notice('still here');
    await log.close();
    expect(standardError.at(-1)).toBe('NOTICE: still here\n');
  });

  test('whose `logger` finds no syslog leaves the lines on stderr, also those that it had got already', async () => {
    fakeLogger('exit 3');
    const log = await createLogger({ program: 'repmgrd', destination: { kind: 'syslog', facility: 'USER' } });
    log.notice('sent at once');
    await vi.waitFor(() => expect(standardError.join('')).toContain('logger ended with exit code 3'));
    expect(standardError.at(-1)).toMatch(/\nNOTICE: sent at once\n$/);
    await log.close();
  });
});

describe('the configured log', () => {
  const config = { logFacility: 'STDERR', logFile: undefined, logFormat: 'text' } as const;

  test.each([
    [config, { destination: { kind: 'stderr' }, format: 'timed' }],
    [
      { ...config, logFile: '/l', logFormat: 'json' as const },
      { destination: { kind: 'file', path: '/l' }, format: 'json' },
    ],
    [
      { ...config, logFile: '/l', logFacility: 'LOCAL0' as const },
      { destination: { kind: 'syslog', facility: 'LOCAL0' }, format: 'timed' },
    ],
  ])('%j', (values, expected) => {
    expect(configuredLog(values)).toEqual(expected);
  });
});
