/** `npm run demo`: the first thing that a visitor runs. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { processesOf } from '../support/processes-of.ts';
import { root } from '../support/source-files.ts';

interface Demo {
  readonly exitCode: number | null;
  readonly output: string;
}

/** `onOutput` sees all that was printed so far. */
function runDemo(onOutput: (output: string, interrupt: () => void) => void = () => undefined): Promise<Demo> {
  const child = spawn(process.execPath, [join(root, 'scripts/demo.mjs')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => {
      output += text.toString();
      onOutput(output, () => child.kill('SIGINT'));
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (exitCode) => resolve({ exitCode, output }));
  });
}

/** The processes that still work in the directory that the demo says it has removed. */
function leftOvers(output: string): readonly string[] {
  const directory = /(\/\S*repmgr-sandbox-\w+) is removed\./.exec(output)?.[1];
  if (directory === undefined) throw new Error(`no directory was named:\n${output}`);
  return [...processesOf(directory), ...(existsSync(directory) ? [directory] : [])];
}

it('lets repmgrd fail over, finds every acknowledged row, one primary at the end, and leaves nothing behind', async () => {
  const { exitCode, output } = await runDemo();
  expect(exitCode, output).toBe(0);
  expect(output).toContain('* master  | node1 |');
  expect(output).toMatch(/writes again, \d+ ms after its last row/);
  expect(output).toContain('its PostgreSQL crashed: yields to a standby');
  expect(output).toMatch(/\* master {2}\| node[23] \|/);
  expect(output).toMatch(/standby \| node1 \| node[23] /);
  expect(output).toContain('it comes up read-only. There is one primary.');
  const [, acknowledged, found] = /acknowledged .* (\d+) rows\n.* (\d+) rows/.exec(output) ?? [];
  expect(Number(acknowledged)).toBeGreaterThan(1000);
  expect(found).toBe(acknowledged);
  expect(output).toContain('node dist/repmgr.js sandbox start');
  expect(leftOvers(output)).toEqual([]);
});

it('cleans up after Ctrl-C', async () => {
  let isInterrupted = false;
  const { exitCode, output } = await runDemo((soFar, interrupt) => {
    if (!isInterrupted && soFar.includes('The primary dies')) {
      isInterrupted = true;
      interrupt();
    }
  });
  expect(exitCode, output).toBe(130);
  expect(output).toContain('Interrupted.');
  expect(leftOvers(output)).toEqual([]);
});
