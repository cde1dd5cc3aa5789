/** Noise, floods and foreign nodes at the listener of a repmgrd that leads: the cluster goes on as if nothing was. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { helloOf, protocolVersions } from '../../src/api/protocol.ts';
import type { NodeId } from '../../src/model/node.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { waitUntil } from '../../src/system/clock.ts';
import { rawPeer } from '../api/support/raw-peer.ts';
import { awaitLeader, viewOf } from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';

describe('a repmgrd that leads', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await sandboxForTest({
      nodes: 3,
      repmgrConf: { failover: 'automatic', primary_lease_secs: '2', log_level: 'INFO' },
    });
    await Promise.all([1, 2, 3].map(async (id) => await sandbox.startRepmgrd(id)));
    await awaitLeader(sandbox, 1);
  });
  const addressOf = (id: number) => `127.0.0.1:${sandbox.node(id).apiPort}`;
  /** In the foreground, with a limit: a repmgrd that should have ended must not hold the test up. */
  const startByHand = async (id: number) =>
    await sandbox.run('timeout', [
      '20',
      process.execPath,
      `${sandbox.directory}/program/repmgrd.js`,
      '-f',
      sandbox.node(id).configFile,
    ]);
  const logOf = (id: number) => readFileSync(sandbox.node(id).repmgrdLogFile, 'utf8');
  const termOf = async (id: number) => (await viewOf(sandbox, id))?.leadership.term;
  /** A busy machine may keep it waiting for a moment; a leader that was fenced would lead another term. */
  const leadsInContact = async (term: number | undefined) => {
    const leadership = async () => (await viewOf(sandbox, 1))?.leadership;
    const expected = { role: 'leader', stage: 'serving', term, isInContact: true, isHolding: false };
    await expect.poll(leadership, { timeout: 5_000 }).toMatchObject(expected);
  };

  it('goes on under a flood of connections that say nonsense, nothing, or too much', async () => {
    const term = await termOf(1);
    const sockets: Socket[] = [];
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    for (let attempt = 0; attempt < 300; attempt++) {
      const socket = connect(sandbox.node(1).apiPort, '127.0.0.1');
      sockets.push(socket);
      socket.on('error', () => {});
      socket.resume();
      if (attempt % 3 === 0) socket.write(randomBytes(2_000));
      if (attempt % 3 === 1)
        socket.write('GET /peer HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: repmgr\r\n\r\n');
      if (attempt % 3 === 1) socket.write(`0 x ${'y'.repeat(100_000)}\n`);
    }
    const raw = await rawPeer(addressOf(1));
    const identity = { self: 2 as NodeId, clusterName: 'sandbox', systemIdentifier: null };
    const hello = JSON.stringify(helloOf(identity, 'another life', 1 as NodeId, protocolVersions));
    raw.socket.write(`0 AAAA ${hello}\n`);
    expect((await raw.answers(1))[0]).toMatch(/^401 /);
    // Longer than the lease: a leader that was kept from its heartbeats would have lost it.
    const until = Date.now() + 4_000;
    await waitUntil(async () => (Date.now() > until ? true : undefined), { deadlineMs: 10_000 });
    await leadsInContact(term);
    const lines = logOf(1)
      .split('\n')
      .filter((line) => line.includes('[ERROR] 127.0.0.1'));
    expect(lines.join('\n')).toContain('sent a message of more than 65536 bytes');
    expect(lines.join('\n')).toContain('sent a message with a wrong signature');
    expect(lines.length).toBeLessThan(10);
    const reported = async () => {
      const sql =
        "SELECT details FROM repmgr_sandbox.repl_events WHERE event = 'repmgrd_peer_refused' AND node_id = 1";
      return (await sandbox.query(1, sql)).map((row) => row['details']);
    };
    const patience = { timeout: 20_000 };
    await expect.poll(reported, patience).toContain('127.0.0.1 sent a message with a wrong signature');
    const details = await reported();
    expect(new Set(details).size).toBe(details.length);
    expect(details.length).toBeLessThan(5);
  });

  it('serves its pages to many readers at once without missing a heartbeat', async () => {
    const term = await termOf(1);
    const pages = ['/primary', '/health', '/cluster', '/metrics', '/decisions', '/replica?lag=1'];
    const read = async (path: string) => (await fetch(`http://${addressOf(1)}${path}`)).status;
    const statuses = await Promise.all(
      Array.from({ length: 120 }, async (_, index) => await read(pages[index % pages.length] ?? '/')),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(100);
    await leadsInContact(term);
  });

  it('is kept alone on its state file: a second one of the same node ends with a HINT', async () => {
    const { exitCode, stderr } = await startByHand(1);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('another repmgrd of this node is running');
    expect(stderr).toContain('repmgr daemon status');
    expect((await viewOf(sandbox, 1))?.leadership.role).toBe('leader');
  });

  it('does not start where another program listens at its address, and says what to set', async () => {
    await sandbox.stopRepmgrd(3);
    const server = createServer(() => {});
    server.listen(sandbox.node(3).apiPort, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { exitCode, stderr } = await startByHand(3);
    expect(exitCode, stderr).toBe(1);
    expect(stderr).toContain(`repmgrd cannot listen at ${addressOf(3)}`);
    expect(stderr).toContain('set "api_listen"');
  });
});
