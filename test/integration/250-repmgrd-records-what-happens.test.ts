/** Events that repmgrd records of the nodes around it, of a second repmgrd of its node, and of a password that changes. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { waitUntil } from '../../src/system/clock.ts';
import { findFreePorts, releasePorts } from '../../src/system/free-ports.ts';
import { awaitLeader, awaitStreaming, leadersView, startRepmgrds, viewOf } from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { withSettings } from '../support/sandbox-files.ts';

describe('the repmgrd of a cluster of three', () => {
  let sandbox: Sandbox;
  let commandLog: string;
  beforeAll(async () => {
    sandbox = await sandboxForTest({
      nodes: 3,
      repmgrConf: {
        failover: 'automatic',
        primary_lease_secs: '2',
        log_level: 'INFO',
        child_nodes_check_interval: '0.5',
        child_nodes_disconnect_min_count: '0',
        child_nodes_disconnect_timeout: '1',
        child_nodes_disconnect_command: "echo 'lost by node %p' >&2; exit 3",
      },
    });
    commandLog = sandbox.node(1).repmgrdLogFile;
    await startRepmgrds(sandbox);
  });
  /** Waits for an event of a node. @returns its row */
  const event = async (node: number, name: string, details: RegExp) => {
    const find = async () => {
      const statement =
        'SELECT successful, details FROM repmgr_sandbox.repl_events WHERE node_id = $1 AND event = $2';
      const rows = await sandbox.query(1, statement, [node, name]).catch(() => []);
      return rows.find((row) => details.test(String(row['details'])));
    };
    const found = await waitUntil(find, { deadlineMs: 15_000, intervalMs: 100 });
    expect(found, `${name} of node ${node}\n${await leadersView(sandbox)}`).toBeDefined();
    return found;
  };
  /** In the foreground, with a limit: a repmgrd that should have ended must not hold the test up. */
  const startByHand = async (configFile: string) =>
    await sandbox.run('timeout', [
      '20',
      process.execPath,
      `${sandbox.directory}/program/repmgrd.js`,
      '-f',
      configFile,
    ]);

  it('of the primary tells of a standby that goes and comes, that of the standby of its upstream', async () => {
    await sandbox.stop(3);
    await event(1, 'child_node_disconnect', /^node "node3" \(ID: 3\) is not attached any more$/);
    const failed = async () =>
      readFileSync(commandLog, 'utf8').includes('Its exit code was 3') ? true : undefined;
    expect(await waitUntil(failed, { deadlineMs: 10_000 }), readFileSync(commandLog, 'utf8')).toBe(true);
    expect(readFileSync(commandLog, 'utf8')).toMatch(
      /\[ERROR\] child_nodes_disconnect_command failed\n.*Its exit code was 3\. lost by node 1/,
    );
    await sandbox.start(3);
    await event(1, 'child_node_reconnect', /^node "node3" \(ID: 3\) is attached again after \d+ s$/);
    await sandbox.query(1, 'SELECT pg_terminate_backend(pid) FROM pg_stat_replication');
    expect(readFileSync(commandLog, 'utf8').match(/Its exit code was 3/g)).toHaveLength(1);
  });

  it('of the standby tells of an upstream that is lost and back', async () => {
    await sandbox.stop(1);
    await sandbox.start(1);
    await awaitLeader(sandbox, 1);
    await event(2, 'repmgrd_upstream_disconnect', /^upstream node "node1" \(ID: 1\) sends no WAL any more$/);
    await event(2, 'repmgrd_upstream_reconnect', /^upstream node "node1" \(ID: 1\) is back after \d+ s$/);
    await awaitStreaming(sandbox, 1, [2, 3]);
  });

  it.each([1, 2])('of node %i stays the only one, whatever state directory another one has', async (id) => {
    const before = (await viewOf(sandbox, id))?.pid;
    const [port] = await findFreePorts(1, '127.0.0.1');
    if (port !== undefined) onTestFinished(() => releasePorts([port]));
    const [, file] = await withSettings(sandbox, id, {
      state_directory: `${sandbox.directory}/elsewhere`,
      api_listen: `127.0.0.1:${port}`,
    });
    const { exitCode, stderr } = await startByHand(file);
    expect(exitCode, stderr).toBe(1);
    expect(stderr).toMatch(/\[ERROR\] another repmgrd of this node is running\n.*\[DETAIL\].*\n.*\[HINT\]/);
    const failure = await event(id, 'repmgrd_shutdown', /another repmgrd of this node is running/);
    expect(failure?.['successful']).toBe(false);
    await awaitLeader(sandbox, 1);
    expect((await viewOf(sandbox, id))?.pid).toBe(before);
  });

  it('of a standby whose upstream has removed WAL that it needs says what to run', async () => {
    await sandbox.stop(3);
    const dropSlot =
      "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'repmgr_slot_3' AND NOT active";
    await sandbox.query(1, dropSlot);
    for (let segment = 0; segment < 3; segment++) {
      await sandbox.query(1, 'CREATE TABLE IF NOT EXISTS filler (number int)');
      await sandbox.query(1, 'INSERT INTO filler VALUES (1)');
      await sandbox.query(1, 'SELECT pg_switch_wal()');
    }
    await sandbox.query(1, 'CHECKPOINT');
    await sandbox.start(3);
    const needs =
      /^this standby needs WAL from .*, which node "node1" \(ID: 1\) has removed; clone it again: /;
    const lost = await event(3, 'repmgrd_wal_lost', needs);
    const log = readFileSync(sandbox.node(3).repmgrdLogFile, 'utf8');
    expect(log).toMatch(
      /\[ERROR\] this standby needs WAL.*\n.*\[DETAIL\].*\n.*\[HINT\] Stop PostgreSQL here/,
    );

    const [, words = ''] = /clone it again: repmgr (.*)$/.exec(String(lost?.['details'])) ?? [];
    await sandbox.stop(3);
    const clone = await sandbox.repmgr(3, words.split(' '));
    expect(clone.exitCode, `${words}\n${clone.stderr}`).toBe(0);
    await sandbox.start(3);
    await awaitStreaming(sandbox, 1, [2, 3]);
  });

  it('records that it could not start, because its port is in use', async () => {
    await sandbox.stopRepmgrd(3);
    const server = createServer((socket) => socket.destroy());
    server.listen(sandbox.node(3).apiPort, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { exitCode } = await startByHand(sandbox.node(3).configFile);
    expect(exitCode).toBe(1);
    const failure = await event(3, 'repmgrd_shutdown', /cannot listen at/);
    expect(failure?.['successful']).toBe(false);
  });
});
