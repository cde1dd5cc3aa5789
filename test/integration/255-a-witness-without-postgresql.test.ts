/** A machine without any PostgreSQL becomes a witness by a token of the primary, and its vote decides a failover. */
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readToken, writeToken } from '../../src/api/invitation.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { waitUntil } from '../../src/system/clock.ts';
import { awaitLeader, awaitNewLeader, leadersView, viewOf } from '../support/repmgrds.ts';
import { putFile, withSettings } from '../support/sandbox-files.ts';
import { sandboxWithServerlessWitness } from '../support/serverless-witness.ts';

describe('a witness without PostgreSQL', () => {
  let sandbox: Sandbox;
  let token = '';
  beforeAll(async () => {
    sandbox = await sandboxWithServerlessWitness({
      failover: 'automatic',
      primary_lease_secs: '2',
      witness_repl_nodes_sync_interval_secs: '1',
      monitoring_history: 'yes',
      log_level: 'INFO',
    });
    await Promise.all([sandbox.startRepmgrd(1), sandbox.startRepmgrd(2)]);
    await awaitLeader(sandbox, 1);
  });

  const invite = async (...args: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await sandbox.repmgr(1, ['witness', 'invite', ...args]);
    expect(exitCode, stderr).toBe(0);
    return stdout.trim();
  };
  const join3 = async (input: string, settings: readonly string[] = [], ...args: string[]) =>
    await sandbox.repmgr(3, [...settings, 'witness', 'join', ...args], { input });
  const refused = async (
    input: string,
    settings: Readonly<Record<string, string | undefined>> = {},
    ...args: string[]
  ) => {
    const { exitCode, stdout, stderr } = await join3(
      input,
      await withSettings(sandbox, 3, settings),
      ...args,
    );
    expect(exitCode, stderr).toBe(1);
    expect(stdout).toBe('');
    return stderr.replaceAll(/^INFO: .*\n/gm, '');
  };
  const awaitView = async (
    id: number,
    what: string,
    fits: (view: NonNullable<Awaited<ReturnType<typeof viewOf>>>) => boolean,
  ) => {
    const found = await waitUntil(
      async () => {
        const view = await viewOf(sandbox, id);
        return view !== undefined && fits(view) ? true : undefined;
      },
      { deadlineMs: 15_000, intervalMs: 50 },
    );
    expect(found, `${what}\n${found === undefined ? await leadersView(sandbox) : ''}`).toBe(true);
  };
  const page = async (path: string) =>
    await fetch(`http://${sandbox.node(3).host}:${sandbox.node(3).apiPort}${path}`);

  it('is invited on the primary: one word on stdout, its end beside it', async () => {
    const dryRun = await sandbox.repmgr(1, ['witness', 'invite', '--dry-run', '--for', '1h', '--json']);
    expect(JSON.parse(dryRun.stdout)).toEqual({
      steps: ['make a token that lets one witness into cluster "sandbox" within 1h'],
    });
    const invited = await sandbox.repmgr(1, ['witness', 'invite', '--json']);
    const { cluster, token: word, ends_at: endsAt } = JSON.parse(invited.stdout);
    expect(cluster).toBe('sandbox');
    expect(Date.parse(endsAt) - Date.now()).toBeGreaterThan(9 * 60_000);
    expect(readToken(word)).toMatchObject({ cluster, endsAtMs: Date.parse(endsAt) });
    const elsewhere = await sandbox.repmgr(2, ['witness', 'invite']);
    expect(elsewhere).toMatchObject({ exitCode: 1, stdout: '' });
    expect(elsewhere.stderr).toMatch(
      /^ERROR: this node does not lead.*\nDETAIL: Node "node1" leads\.\nHINT: Run the same command on "node1"/m,
    );
    expect((await sandbox.repmgr(1, ['witness', 'invite', '--for', '2d'])).stderr).toMatch(
      /^ERROR: a token cannot be good for 2d\n/,
    );
  });

  it('is told what is wrong with a token; what the primary refuses leaves it good', async () => {
    expect(await refused('repmgr-invitation-abc')).toMatch(
      /^ERROR: what standard input has is no token\nDETAIL: .*\nHINT: Print one on the primary/,
    );
    expect(await refused('', {}, '--token-file=/nowhere')).toMatch(
      /^ERROR: the file "\/nowhere" .* cannot be read\n/,
    );
    const shortLived = await invite('--for', '1ms');
    expect(await refused(shortLived)).toMatch(
      /^ERROR: the token is no longer good\nDETAIL: It ended .* ago, at .*\nHINT: .*--for makes it last longer/m,
    );
    token = await invite();
    expect(await refused(token, { cluster: 'orders' })).toMatch(
      /^ERROR: the token is for another cluster\nDETAIL: It is for cluster "sandbox"; .* is "orders"\.\nHINT: /,
    );
    const text = Buffer.from(token.slice('repmgr-invitation-'.length), 'base64url').toString();
    const forged = (change: object): string =>
      `repmgr-invitation-${Buffer.from(JSON.stringify({ ...JSON.parse(text), ...change })).toString('base64url')}`;
    for (const change of [{ id: 'another' }, { key: 'k'.repeat(43) }]) {
      expect(await refused(forged(change))).toMatch(
        /^ERROR: the repmgrd at 127\.0\.0\.1:\d+ does not know the token\nDETAIL: .*\nHINT: Print a new one/,
      );
    }
    expect(
      await refused(token, { node: '2', state_directory: join(sandbox.directory, 'elsewhere') }),
    ).toMatch(/^ERROR: node 2 is already registered\nDETAIL: [\s\S]*the token is still good\.\nHINT: /);
    expect(await refused(token, { node_name: 'node2' })).toMatch(/^ERROR: node name "node2" is taken\n/);
    expect(await refused(token, { conninfo: sandbox.node(2).conninfo })).toMatch(
      /^ERROR: witness join is for a witness without PostgreSQL\n/,
    );
    const away = await join3(forged({ address: '127.0.0.1:1' }));
    expect(away).toMatchObject({ exitCode: 6 });
    expect(away.stderr).toMatch(
      /^ERROR: the repmgrd at 127\.0\.0\.1:1, .* cannot be asked\nDETAIL: .*\nHINT: /m,
    );
  });

  it('shows no token in the list of processes, even where it came by the command line', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const lone = writeToken({ ...(readToken(token) ?? expect.fail()), address: `127.0.0.1:${port}` });
    const running = sandbox.repmgr(3, ['witness', 'join', '--token', lone]);
    const [socket] = (await once(server, 'connection')) as [Socket];
    const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const lines = await Promise.all(
      ids.map(async (id) => await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')),
    );
    socket.destroy();
    server.close();
    expect(lines.filter((line) => line.includes('repmgr witness join'))).not.toEqual([]);
    expect(lines.filter((line) => line.includes(lone))).toEqual([]);
    expect(await running).toMatchObject({ exitCode: 6, stdout: '' });
  });

  it('joins by it once, and nobody else', async () => {
    const dryRun = await join3(token, [], '--dry-run');
    expect(dryRun).toMatchObject({ exitCode: 0, stderr: '' });
    expect(dryRun.stdout).toMatch(
      /^have the repmgrd at \S+ register node "node3" \(ID: 3\) as a witness without/,
    );
    const early = await sandbox.repmgr(3, ['cluster', 'show']);
    expect(early).toMatchObject({ exitCode: 1 });
    expect(early.stderr).toMatch(/^ERROR: this node has no PostgreSQL, and has not joined a cluster\n/);
    // Started before it has joined it waits.
    await sandbox.startRepmgrd(3, { untilItListens: false });
    const file = await putFile(sandbox, 'token', `${token}\n`);
    const joined = await join3('', [], '--token-file', file);
    expect(joined, joined.stderr).toMatchObject({ exitCode: 0, stdout: '' });
    await awaitView(1, 'it was not taken into the voters', ({ voters }) => voters.length === 3);
    expect((await join3(token)).stderr).toMatch(/^ERROR: the repmgrd of this witness runs/);
    expect(await refused(token, { node: '4', node_name: 'node4' })).toMatch(
      /^ERROR: the token was used already\nDETAIL: Node 3 came in with it\..*\nHINT: Print a new one/m,
    );
    expect((await stat(join(sandbox.directory, 'state/sandbox-3.json'))).mode & 0o777).toBe(0o600);
    const [row] = await sandbox.query(1, 'SELECT * FROM repmgr_sandbox.repl_nodes WHERE id = 3');
    expect(row).toMatchObject({
      type: 'witness',
      name: 'node3',
      conninfo: '',
      slot_name: null,
      active: true,
    });
  });

  it('is known to every command that lists nodes, on its own machine too', async () => {
    for (const id of [1, 3]) {
      const shown = await sandbox.repmgr(id, ['cluster', 'show', '--compact']);
      expect(shown).toMatchObject({ exitCode: 0, stderr: '' });
      expect(shown.stdout).toContain('* master  | node1 |\n  standby | node2 | node1\n  witness | node3 |\n');
      const status = await sandbox.repmgr(id, ['daemon', 'status']);
      expect(status.stdout).toMatch(/^3 {2}\| node3 \| witness \| \* running \| +\| running \|/m);
      expect((await sandbox.repmgr(id, ['cluster', 'event', '--event=witness_register'])).stdout).toContain(
        'node3',
      );
    }
    const json = JSON.parse((await sandbox.repmgr(1, ['cluster', 'show', '--json'])).stdout);
    expect(json.nodes[2]).toMatchObject({ id: 3, type: 'witness', status: 'answered', role: 'witness' });
    expect((await page('/health')).status).toBe(200);
    expect((await page('/primary')).status).toBe(503);
    const metrics = await (await page('/metrics')).text();
    expect(metrics).toMatch(/^repmgr_witness\{.*\} 1$/m);
    expect(metrics).not.toContain('repmgr_server_up');
    const promotion = await sandbox.repmgr(3, ['standby', 'promote']);
    expect(promotion).toMatchObject({ exitCode: 1 });
    expect(promotion.stderr).toMatch(
      /^ERROR: this command needs the PostgreSQL of this node, which has none\n/,
    );
    const seen = await waitUntil(
      async () =>
        (
          await sandbox.query(
            1,
            'SELECT 1 FROM repmgr_sandbox.repmgr_node WHERE node_id = 3 AND last_seen IS NOT NULL',
          )
        )[0],
      { deadlineMs: 15_000 },
    );
    expect(seen, 'the leader did not write that it was seen').toBeDefined();
    expect(
      await sandbox.query(1, 'SELECT 1 FROM repmgr_sandbox.repl_monitor WHERE standby_node = 3 LIMIT 1'),
    ).toHaveLength(1);
  });

  it('leaves by a command on its machine, has no vote then, and comes back with another token', async () => {
    const left = await sandbox.repmgr(3, ['witness', 'unregister']);
    expect(left, left.stderr).toMatchObject({ exitCode: 0 });
    expect(left.stderr).toContain('HINT: On its machine: repmgr daemon stop');
    await awaitView(1, 'it is still a voter', ({ voters }) => voters.join() === '1,2');
    const isTold = await waitUntil(
      async () => {
        const log = await readFile(sandbox.node(3).repmgrdLogFile, 'utf8');
        return /\[WARNING\] no other repmgrd tells the metadata/.test(log) || undefined;
      },
      { deadlineMs: 15_000 },
    );
    expect(isTold, 'it does not say that it is not registered any more').toBe(true);
    await sandbox.stopRepmgrd(3);
    expect(await refused(await invite())).toMatch(
      /^ERROR: this node has a state file, so it has joined already\nDETAIL: .*\nHINT: .*--force/,
    );
    const again = await sandbox.repmgr(3, ['witness', 'join', '--force', '--json'], {
      env: { REPMGR_TOKEN: await invite() },
    });
    expect(JSON.parse(again.stdout)).toMatchObject({ cluster: 'sandbox', node: 3, nodes: 3 });
    await sandbox.startRepmgrd(3);
    await awaitView(1, 'it was not taken in again', ({ voters }) => voters.length === 3);
  });

  it('learns of changes from the others, and tells its own address, over a restart', async () => {
    await sandbox.stopRepmgrd(3);
    const { configFile, apiPort } = sandbox.node(3);
    const settings = await readFile(configFile, 'utf8');
    await putFile(sandbox, 'node3.conf', `${settings}api_advertise='localhost:${apiPort}'\n`);
    await sandbox.query(1, 'UPDATE repmgr_sandbox.repl_nodes SET priority = 55 WHERE id = 2');
    await sandbox.startRepmgrd(3);
    await awaitView(3, 'it did not learn of the change', ({ nodes }) => nodes[1]?.priority === 55);
    const address = ({ nodes }: { nodes: readonly { apiAddress: string | null }[] }) => nodes[2]?.apiAddress;
    await awaitView(2, 'its address did not get about', (view) => address(view) === `localhost:${apiPort}`);
    await awaitView(3, 'it has no leader', ({ leadership }) => leadership.leader === 1);
    const events = async () =>
      await sandbox.query(
        1,
        'SELECT event FROM repmgr_sandbox.repl_events WHERE node_id = 3 ORDER BY event_timestamp',
      );
    const isWritten = await waitUntil(
      async () => {
        const names = (await events()).map(({ event }) => event);
        return names.filter((name) => name === 'repmgrd_start').length >= 2 || undefined;
      },
      { deadlineMs: 15_000 },
    );
    expect(isWritten, JSON.stringify(await events())).toBe(true);
    expect((await events()).map(({ event }) => event)).toContain('repmgrd_shutdown');
  });

  it('has the standby promoted when the host of the primary dies, and knows the new primary', async () => {
    await awaitLeader(sandbox, 1);
    await sandbox.kill(1);
    expect(await awaitNewLeader(sandbox, 1)).toBe(2);
    await awaitView(
      3,
      'it does not know the new primary',
      ({ nodes, leadership }) => nodes[1]?.role === 'primary' && leadership.leader === 2,
    );
    const log = await readFile(sandbox.node(3).repmgrdLogFile, 'utf8');
    expect(log).toMatch(/votes for node2 in term \d/);
    await sandbox.stopRepmgrd(3);
    await sandbox.startRepmgrd(3);
    await awaitView(2, 'it is not in contact again', ({ nodes, leadership }) => {
      const seenMs = nodes[2]?.lastSeenMs ?? Number.POSITIVE_INFINITY;
      return leadership.isInContact === true && seenMs < 1_000;
    });
  });

  it('has left no trace of its tokens, nor of the secret of the cluster', async () => {
    const { key } = readToken(token) ?? expect.fail();
    const state = JSON.parse(await readFile(join(sandbox.directory, 'state/sandbox-3.json'), 'utf8'));
    const secrets = [key, token, ...state.facts.secrets];
    const events = JSON.stringify(await sandbox.query(2, 'SELECT * FROM repmgr_sandbox.repl_events'));
    const logs = await Promise.all(
      sandbox.nodes.map(async ({ repmgrdLogFile }) => await readFile(repmgrdLogFile, 'utf8')),
    );
    for (const secret of secrets)
      for (const written of [events, ...logs]) expect(written).not.toContain(secret);
    const issuer = await readFile(join(sandbox.directory, 'state/sandbox-1.json'), 'utf8');
    expect(issuer).not.toContain(key);
  });
});
