import { describe, expect, test } from 'vitest';
import { runCommand } from '../../src/system/command.ts';
import { monotonicMs } from '../../src/system/clock.ts';
import { runCommandLine } from '../../src/system/shell.ts';

describe('running a program', () => {
  test('gives exit code and output, and passes arguments and input untouched', async () => {
    const result = await runCommand(
      '/bin/sh',
      ['-c', 'cat; printf "%s" "$1" >&2; exit 3', 'sh', 'a "b" $c'],
      {
        input: 'hello',
      },
    );
    expect(result).toMatchObject({ exitCode: 3, stdout: 'hello', stderr: 'a "b" $c', timedOut: false });
  });

  test('a missing program is an error with a hint', async () => {
    await expect(runCommand('/nowhere/pg_ctl', [])).rejects.toMatchObject({ code: 'command_missing' });
  });

  test('a program that takes too long is ended together with what it started', async () => {
    const startMs = monotonicMs();
    const result = await runCommandLine('trap "" TERM; sleep 60 & echo $!; while :; do sleep 0.05; done', {
      deadlineMs: 200,
    });
    expect(monotonicMs() - startMs).toBeLessThan(4000);
    expect(result).toMatchObject({ timedOut: true, signal: 'SIGKILL', exitCode: 137 });
    expect((await runCommandLine(`ps -o stat= -p ${result.stdout.trim()}`)).stdout).not.toMatch(/^[SR]/);
  });

  test('a background child that holds the pipes does not keep the caller waiting', async () => {
    const startMs = monotonicMs();
    const result = await runCommandLine('sleep 5 & echo done');
    expect(result.stdout).toBe('done\n');
    expect(monotonicMs() - startMs).toBeLessThan(2000);
  });

  test('only the last part of endless output is kept, and lines are given as they come', async () => {
    let lines = 0;
    const result = await runCommandLine('yes 0123456789 | head -n 50000; echo last', {
      onStdoutLine: () => {
        lines += 1;
      },
    });
    expect(result.stdout.length).toBeLessThanOrEqual(64 * 1024);
    expect(result.stdout.endsWith('last\n')).toBe(true);
    expect(lines).toBe(50_001);
  });

  test('an aborted signal ends the program and is an interruption', async () => {
    const abort = new AbortController();
    const running = runCommand('sleep', ['30'], { signal: abort.signal });
    abort.abort();
    await expect(running).rejects.toMatchObject({ code: 'interrupted' });
  });

  test('a program that ends with us is run like any other, and nothing is left beside it', async () => {
    const script = 'echo $$; cat; exit 3';
    const result = await runCommand('/bin/sh', ['-c', script], { endsWithUs: true });
    expect(result).toMatchObject({ exitCode: 3, stderr: '' });
    const group = result.stdout.trim();
    const members = () => runCommandLine(`ps -e -o pgid=,stat= | grep -E "^ *${group} +[^Z]"`);
    await expect.poll(async () => (await members()).stdout).toBe('');
  });

  test('a program that does not read its input is no error', async () => {
    expect(await runCommand('true', [], { input: 'x'.repeat(1_000_000) })).toMatchObject({ exitCode: 0 });
  });
});
