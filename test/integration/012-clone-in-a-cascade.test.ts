/** Copying from a standby: the new standby streams from the node that was asked for, not from the one that was copied. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { treeOf } from '../support/directory-tree.ts';
import { sandboxForTest } from '../support/sandbox.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await sandboxForTest({ nodes: 4, build: 'primary' });
  await succeed(1, 'primary', 'register');
  await succeed(2, ...from(1), 'standby', 'clone', '-c', '--backup-method=protocol');
  await sandbox.start(2);
  await succeed(2, 'standby', 'register', '--wait-sync=30');
});

const from = (id: number) => ['-h', '127.0.0.1', '-p', String(sandbox.node(id).port)];
const slotsOf = (id: number) =>
  sandbox.query(id, 'SELECT slot_name, active FROM pg_replication_slots ORDER BY slot_name');

async function succeed(id: number, ...args: string[]): Promise<void> {
  const { exitCode, stderr } = await sandbox.repmgr(id, args);
  expect(exitCode, `repmgr ${args.join(' ')}\n${stderr}`).toBe(0);
}

describe('a standby that is copied from a standby', () => {
  it('streams from the primary, through a slot there, where no upstream is named', async () => {
    await succeed(3, ...from(2), 'standby', 'clone', '-c', '--backup-method=protocol');
    const settings = await readFile(join(sandbox.node(3).dataDirectory, 'postgresql.auto.conf'), 'utf8');
    expect(settings).toContain(`port=${sandbox.node(1).port} `);
    expect(await slotsOf(1)).toEqual([
      { slot_name: 'repmgr_slot_2', active: true },
      { slot_name: 'repmgr_slot_3', active: false },
    ]);
    expect(await slotsOf(2)).toEqual([]);
    await sandbox.start(3);
    await succeed(3, 'standby', 'register', '--wait-sync=30');
    expect(await slotsOf(1)).toContainEqual({ slot_name: 'repmgr_slot_3', active: true });
  });

  it('streams from the standby where that is named, and its event is on the primary', async () => {
    const upstream = '--upstream-node-id=2';
    await succeed(4, ...from(2), 'standby', 'clone', '-c', '--backup-method=protocol', upstream);
    await sandbox.start(4);
    await succeed(4, 'standby', 'register', '--wait-sync=30', upstream);
    expect(await slotsOf(2)).toEqual([{ slot_name: 'repmgr_slot_4', active: true }]);
    const events = await sandbox.query(
      1,
      "SELECT node_id, details FROM repmgr_sandbox.repl_events WHERE event = 'standby_clone' AND node_id = 4",
    );
    expect(events).toEqual([
      { node_id: 4, details: expect.stringContaining(`port ${sandbox.node(2).port}`) },
    ]);
    const { stdout } = await sandbox.repmgr(1, ['cluster', 'show']);
    expect(stdout).toContain('standby | node4 | node2 ');
  });

  it('is refused an upstream that is not registered', async () => {
    await sandbox.stop(4);
    const before = await treeOf(sandbox.node(4).dataDirectory);
    const slots = await slotsOf(1);
    const { exitCode, stderr } = await sandbox.repmgr(4, [
      ...[...from(2), '--upstream-node-id=9'],
      ...['standby', 'clone', '--force', '--backup-method=protocol'],
    ]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('ERROR: the upstream node, ID 9, is not registered');
    expect(stderr).toMatch(/^DETAIL: .*row.*$/m);
    expect(stderr).toMatch(/^HINT: .*cluster show.*$/m);
    expect(await treeOf(sandbox.node(4).dataDirectory)).toEqual(before);
    expect(await slotsOf(1)).toEqual(slots);
  });
});
