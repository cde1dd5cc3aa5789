import { describe, expect, it } from 'vitest';
import { judgeRsync } from '../../src/system/rsync-failure.ts';

const judge = (exitCode: number, ...lines: string[]) =>
  judgeRsync(
    { host: 'node1', user: 'postgres' },
    { exitCode, signal: undefined, stdout: '', stderr: lines.join('\n'), timedOut: false },
  );
const end = (text: string, code: number) =>
  `rsync error: ${text} (code ${code}) at main.c(1865) [generator=3.2.7]`;

describe('the end of an rsync', () => {
  it('is none where files went away, as those of a running server do', () => {
    expect(judge(0)).toEqual({ kind: 'done' });
    const vanished = 'file has vanished: "/data/base/5/16400"';
    expect(judge(24, vanished, 'rsync warning: some files vanished (code 24) at main.c(1865)')).toEqual({
      kind: 'done',
    });
  });

  it('asks for another try where files became shorter, and only then', () => {
    const shorter = 'rsync: [sender] read errors mapping "/data/base/5/16400": No data available (61)';
    const partial = end('some files/attrs were not transferred (see previous errors)', 23);
    expect(judge(23, shorter, partial).kind).toBe('again');
    const discarded = 'WARNING: base/5/16400 failed verification -- update discarded (will try again).';
    expect(judge(23, shorter, discarded, partial).kind).toBe('again');
    const denied = 'rsync: [sender] send_files failed to open "/data/base/5/2": Permission denied (13)';
    expect(judge(23, shorter, denied, partial).kind).toBe('failed');
    expect(judge(23, partial).kind).toBe('failed');
  });

  it.each([
    [
      'a full disk',
      11,
      [
        'rsync: [receiver] write failed on "/data/x": No space left on device (28)',
        'rsync: [generator] connection unexpectedly closed (43172 bytes received so far) [generator]',
        end('error in file IO', 11),
      ],
      { code: 'rsync_failed', exitCode: 2, hint: 'Make room on this host, then clone again.' },
    ],
    [
      'a file that may not be read',
      23,
      ['rsync: [sender] send_files failed to open "/data/x": Permission denied (13)'],
      { code: 'rsync_failed', exitCode: 2, hint: expect.stringContaining('-R USER') },
    ],
    [
      'an option that is not known',
      1,
      ['rsync: --nonsense: unknown option', end('syntax or usage error', 1)],
      { code: 'rsync_failed', exitCode: 2, hint: expect.stringContaining('rsync_options') },
    ],
    [
      'no rsync over there',
      127,
      ['bash: line 1: rsync: command not found', end('remote command not found', 127)],
      { code: 'remote_program_missing', exitCode: 12 },
    ],
    [
      'a refused login',
      255,
      ['postgres@node1: Permission denied (publickey).', end('unexplained error', 255)],
      { code: 'ssh_login_refused', exitCode: 12 },
    ],
    [
      'a host that vanishes in the middle',
      12,
      [
        'Timeout, server node1 not responding.',
        'rsync: connection unexpectedly closed (4 bytes received so far) [receiver]',
      ],
      { code: 'ssh_unreachable', exitCode: 12 },
    ],
    [
      'a connection that ends for no reason',
      255,
      [
        'rsync: connection unexpectedly closed (43172 bytes received so far) [generator]',
        'rsync: [generator] write error: Broken pipe (32)',
        end('unexplained error', 255),
      ],
      {
        code: 'ssh_unreachable',
        message: 'the SSH connection to host "node1" broke off',
        detail: expect.stringContaining('unexpectedly closed'),
      },
    ],
    [
      'a shell over there that runs no rsync',
      12,
      [
        'rsync: connection unexpectedly closed (0 bytes received so far) [receiver]',
        end('error in rsync protocol data stream', 12),
      ],
      { code: 'rsync_failed', exitCode: 2, detail: expect.stringContaining('unexpectedly closed') },
    ],
    ['silence', 20, [], { code: 'rsync_failed', exitCode: 2, detail: 'rsync ended with exit code 20.' }],
  ])('tells %s', (_, exitCode, lines, reason) => {
    expect(judge(exitCode, ...lines)).toMatchObject({ kind: 'failed', reason });
  });
});
