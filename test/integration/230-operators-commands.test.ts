/** What an operator asks of the repmgrds: status, pause, maintenance, start, stop, and why. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { waitUntil } from '../../src/system/clock.ts';
import { awaitLeader, leadersView, viewOf } from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { withSettings } from '../support/sandbox-files.ts';
import { root } from '../support/source-files.ts';

/** The keys of an object and of the objects in it; of a list those of its first member. */
function keysOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(keysOf);
  if (typeof value !== 'object' || value === null) return null;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, keysOf(member)]));
}

/** The example of the page that begins with this key. */
function exampleWith(text: string): unknown {
  const page = readFileSync(join(root, 'docs/daemon.md'), 'utf8');
  const example = [...page.matchAll(/```json\n([\s\S]*?)```/g)].find(([, json]) => json?.includes(text));
  return JSON.parse(example?.[1] ?? 'null');
}

describe('without any repmgrd', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await sandboxForTest({ nodes: 2, build: 'cluster' });
  });
  const repmgr = async (...args: string[]) => await sandbox.repmgr(1, args);

  it('daemon status says so, from the metadata', async () => {
    const { exitCode, stdout, stderr } = await repmgr('daemon', 'status');
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'ID | Name  | Role    | Status    | Upstream | repmgrd     | PID | Paused? | Upstream last seen',
      '---+-------|---------|-----------|----------|-------------|-----|---------|-------------------',
      '1  | node1 | primary | * running |          | not running | n/a | n/a     | n/a',
      '2  | node2 | standby |   running | node1    | not running | n/a | n/a     | n/a',
      '',
    ]);
    expect(stderr).toContain('WARNING: repmgrd of node "node2" does not answer');
    expect(stderr.match(/^HINT: .*$/gm)).toEqual([
      'HINT: Where they do not run, start each of them on its node, with: repmgr daemon start',
    ]);
    expect((await repmgr('service', 'status', '--csv')).stdout).toBe(
      '1,node1,primary,1,0,-1,0,100,-1,default\n2,node2,standby,1,0,-1,0,100,-1,default\n',
    );
  });

  it.each([
    [26, ['daemon', 'pause']],
    [26, ['service', 'unpause']],
    [26, ['daemon', 'pause', '--dry-run']],
    [26, ['daemon', 'unpause', '--dry-run']],
    [26, ['node', 'maintenance']],
    [26, ['daemon', 'pause', '--node=2']],
    [27, ['daemon', 'stop']],
  ])('exit code %i and a HINT come of %j', async (exitCode, args) => {
    const ended = await repmgr(...args);
    expect(ended.exitCode, ended.stderr).toBe(exitCode);
    expect(ended.stderr).toContain('ERROR: no repmgrd of this node is running');
    expect(ended.stderr).toContain('HINT: Start it with: repmgr daemon start');
    expect(ended.stdout).toBe('');
  });

  it('explain finds nobody to ask', async () => {
    const { exitCode, stdout, stderr } = await repmgr('explain');
    expect([exitCode, stdout]).toEqual([0, '']);
    expect(stderr).toContain('WARNING: repmgrd of node "node1" could not be asked');
    expect(stderr).toContain('NOTICE: no repmgrd that answers has decided anything yet');
  });

  it('one that waits for its server is started, said to wait, and can be stopped', async () => {
    const changes = { cluster: 'waiting', conninfo: 'host=127.0.0.1 port=1 dbname=repmgr user=repmgr' };
    const file = await withSettings(sandbox, 1, changes);
    const started = await repmgr(...file, 'daemon', 'start');
    expect(started).toMatchObject({ exitCode: 0, stdout: '' });
    expect(started.stderr).toMatch(
      /^NOTICE: repmgrd was started.*\nWARNING: it waits until it can read the metadata\nDETAIL: .*\nHINT: Start the local server/m,
    );
    const explained = await repmgr(...file, 'daemon', 'pause');
    expect(explained.exitCode).toBe(26);
    expect(explained.stderr).toMatch(
      /^ERROR: the repmgrd of this node runs, and has no answer\nDETAIL: It says: it waits .*\nHINT: Its log/m,
    );
    const stopped = await repmgr(...file, 'daemon', 'stop');
    expect(stopped).toMatchObject({ exitCode: 0, stderr: 'NOTICE: repmgrd has ended\n' });
  });

  it('a dry run of daemon start shows the command, and changes nothing', async () => {
    const { exitCode, stdout } = await repmgr('daemon', 'start', '--dry-run');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^start repmgrd with: .*repmgrd\.js -f .*node1\.conf --daemonize\n$/);
    expect(await viewOf(sandbox, 1)).toBeUndefined();
  });
});

describe('the service commands of repmgrd', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await sandboxForTest({ nodes: 1, build: 'primary' });
  });
  const start = async (command: string, ...args: string[]) => {
    const file = join(sandbox.directory, 'with-service.conf');
    const own = readFileSync(sandbox.node(1).configFile, 'utf8');
    writeFileSync(file, `${own}\nrepmgrd_service_start_command = '${command}'\n`, { mode: 0o644 });
    return await sandbox.repmgr(1, ['-f', file, 'daemon', 'start', ...args]);
  };

  it('are run, and what they say is told where they fail', async () => {
    const failed = await start('echo no such unit >&2; exit 5');
    expect(failed.exitCode).toBe(27);
    expect(failed.stderr).toContain(
      'ERROR: repmgrd could not be started\nDETAIL: The command ended with code 5.\n',
    );
    expect(failed.stderr).toContain('DETAIL: no such unit\n');
    expect((await start('true', '--dry-run')).stdout).toBe('start repmgrd with: true\n');
  });

  it('is told at once what would end repmgrd in the background', async () => {
    const file = await withSettings(sandbox, 1, { state_directory: '/proc/nothing' });
    const failed = await sandbox.repmgr(1, [...file, 'daemon', 'start']);
    expect(failed.exitCode).toBe(27);
    expect(failed.stderr).toContain('ERROR: the state directory "/proc/nothing" cannot be used');
  });

  it('are waited for, unless nobody wants to wait', async () => {
    const silent = await start('true', '--wait=1');
    expect(silent.exitCode).toBe(27);
    expect(silent.stderr).toContain('ERROR: repmgrd was started, and does not answer');
    const { exitCode, stderr } = await start('true', '--no-wait');
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('NOTICE: repmgrd was started\n')]);
  });
});

describe('with a repmgrd on each node', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await sandboxForTest({
      nodes: 3,
      repmgrConf: { failover: 'automatic', primary_lease_secs: '2', log_level: 'INFO' },
    });
    await Promise.all([1, 2, 3].map(async (id) => await sandbox.startRepmgrd(id)));
    await awaitLeader(sandbox, 1);
  });
  const repmgr = async (id: number, ...args: string[]) => await sandbox.repmgr(id, args);
  const until = async (what: string, condition: () => Promise<boolean>): Promise<void> => {
    const isSo = await waitUntil(async () => ((await condition()) ? true : undefined), {
      deadlineMs: 20_000,
    });
    expect(isSo, `${what}\n${await leadersView(sandbox)}`).toBe(true);
  };
  const isPaused = async (id: number) => ((await viewOf(sandbox, id))?.pause ?? null) !== null;

  it('daemon status shows them in the columns of repmgr 5, on every node', async () => {
    for (const id of [1, 2, 3]) {
      const { exitCode, stdout, stderr } = await repmgr(id, 'daemon', 'status');
      expect([exitCode, stderr]).toEqual([0, '']);
      const [headings, , ...rows] = stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ *\| /));
      expect(headings).toEqual([
        'ID',
        'Name',
        'Role',
        'Status',
        'Upstream',
        'repmgrd',
        'PID',
        'Paused?',
        'Upstream last seen',
      ]);
      expect(rows.map((row) => [...row.slice(0, 6), row[7]])).toEqual([
        ['1', 'node1', 'primary', '* running', '', 'running', 'no'],
        ['2', 'node2', 'standby', '  running', 'node1', 'running', 'no'],
        ['3', 'node3', 'standby', '  running', 'node1', 'running', 'no'],
      ]);
      const age = expect.stringMatching(/^[0-5] second\(s\) ago$/);
      expect(rows.map((row) => row[8])).toEqual(['n/a', age, age]);
    }
  });

  it('daemon status tells term, leader and lease to whoever wants to know more', async () => {
    const { stdout } = await repmgr(2, 'daemon', 'status', '--detail');
    expect(stdout).toMatch(/Upstream last seen \| Term \| Leader \| Lease\n/);
    expect(stdout).toMatch(/\| 1 +\| node1 +\| \d+m?s\n/);
    const { nodes, pause } = JSON.parse((await repmgr(2, 'daemon', 'status', '--json')).stdout);
    expect(pause).toBeNull();
    expect(nodes.map(({ leadership }: { leadership: { role: string } }) => leadership.role)).toEqual([
      'leader',
      'follower',
      'follower',
    ]);
  });

  it('a pause asked of a standby holds everywhere, stands before what commands say, and is ended by anybody', async () => {
    const dry = await repmgr(2, 'daemon', 'pause', '--for=90s', '--reason=new cables', '--dry-run');
    expect(dry.stdout).toBe('have failover paused in the whole cluster for 90s: new cables\n');
    expect(await isPaused(1)).toBe(false);

    const paused = await repmgr(2, 'service', 'pause', '--for=90s', '--reason=new cables');
    expect(paused.exitCode, paused.stderr).toBe(0);
    expect(paused.stderr).toContain('NOTICE: failover is paused for 90s\n');
    for (const id of [1, 2, 3]) await until(`node ${id} knows`, async () => await isPaused(id));

    for (const args of [
      ['cluster', 'show'],
      ['cluster', 'event'],
      ['daemon', 'status'],
    ]) {
      const { stderr } = await repmgr(3, ...args);
      expect(stderr.split('\n')[0]).toMatch(
        /^NOTICE: failover is paused for about another \d+s: new cables$/,
      );
      const { pause } = JSON.parse((await repmgr(3, ...args, '--json')).stdout);
      expect(pause).toMatchObject({ reason: 'new cables', leader: 1 });
    }
    const status = JSON.parse((await repmgr(3, 'daemon', 'status', '--json')).stdout) as { nodes: unknown[] };
    const example = exampleWith('"nodes"') as { nodes: unknown[] };
    expect(keysOf({ ...status, nodes: status.nodes.slice(1) })).toEqual(keysOf(example));

    const again = await repmgr(3, 'daemon', 'pause');
    expect(again.exitCode).toBe(26);
    expect(again.stderr).toContain('failover is paused already: end that pause first');

    const ended = await repmgr(3, 'daemon', 'unpause');
    expect(ended.exitCode, ended.stderr).toBe(0);
    for (const id of [1, 2, 3]) await until(`node ${id} knows`, async () => !(await isPaused(id)));
    expect((await repmgr(3, 'cluster', 'show')).stderr).toBe('');
    const { stdout } = await repmgr(1, 'cluster', 'event', '--event=repmgrd_pause');
    expect(stdout).toContain('new cables');
  });

  it('a pause is kept over a restart of repmgrd, and ends by itself', async () => {
    expect((await repmgr(1, 'daemon', 'pause', '--for=5m')).exitCode).toBe(0);
    await sandbox.stopRepmgrd(2);
    await sandbox.startRepmgrd(2);
    await until('node 2 knows again', async () => await isPaused(2));
    expect((await repmgr(1, 'daemon', 'unpause')).exitCode).toBe(0);
    expect((await repmgr(1, 'daemon', 'pause', '--for=2s')).exitCode).toBe(0);
    for (const id of [1, 2, 3]) await until(`it is over on node ${id}`, async () => !(await isPaused(id)));
  });

  it('maintenance of a node is seen on all, asked of any, and ended', async () => {
    const maintained = await repmgr(2, 'node', 'maintenance', '--for=20m');
    expect(maintained.stderr).toContain('NOTICE: node "node2": left alone for 20min');
    const seen = (await repmgr(3, 'daemon', 'status', '--csv')).stdout
      .split('\n')
      .map((line) => line.split(',')[6]);
    expect(seen.slice(0, 3)).toEqual(['0', '1', '0']);
    expect((await repmgr(3, 'daemon', 'unpause', '--node=2')).exitCode).toBe(0);
    expect((await viewOf(sandbox, 2))?.maintenanceLeftMs).toBeNull();
    expect((await repmgr(1, 'daemon', 'pause', '--node=3', '--for=1h')).exitCode).toBe(0);
    expect((await viewOf(sandbox, 3))?.maintenanceLeftMs).toBeGreaterThan(3_000_000);
    expect((await repmgr(3, 'node', 'maintenance', '--off')).exitCode).toBe(0);
    const unknown = await repmgr(1, 'daemon', 'pause', '--node=9');
    expect([unknown.exitCode, unknown.stderr.split('\n')[0]]).toEqual([
      1,
      'ERROR: there is no node 9 in cluster "sandbox"',
    ]);
  });

  it('maintenance of the primary is a pause of the cluster', async () => {
    const { exitCode, stderr } = await repmgr(2, 'daemon', 'pause', '--node=1', '--for=1m');
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('the whole cluster, since node "node1" leads it: failover is paused for 1min');
    await until('node 3 knows', async () => await isPaused(3));
    expect((await repmgr(2, 'daemon', 'unpause', '--node=1')).exitCode).toBe(0);
    await until('node 3 knows', async () => !(await isPaused(3)));
  });

  it('explain merges the decisions of all nodes, and cluster event shows those before each event', async () => {
    const { stdout } = await repmgr(3, 'explain', '--all');
    expect(stdout).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} {2}node1 {2}leads term 1 .*\(term 1, rule 4\)$/m,
    );
    expect(stdout).toMatch(/ {2}node3 {2}node1 leads term 1/);
    const { decisions } = JSON.parse((await repmgr(3, 'explain', '--json', '--limit=2')).stdout);
    expect(decisions).toHaveLength(2);
    const shapeOf = (list: readonly { readonly evidence: object }[]) =>
      list.slice(0, 1).map(({ evidence, ...rest }) => [typeof evidence, ...Object.keys(rest)]);
    const example = exampleWith('"decisions"') as { decisions: { evidence: object }[] };
    expect(shapeOf(decisions)).toEqual(shapeOf(example.decisions));
    const events = await repmgr(3, 'cluster', 'event', '--event=repmgrd_pause', '--limit=1', '--explain');
    expect(events.stdout).toMatch(/\nrepmgrd_pause on node1, [-0-9 :]+\n(.*\n)* {2}.* failover is paused: /);
    expect(events.stdout).toMatch(/ {2}node[23] {2}/);
    expect(events.stdout).not.toMatch(/ {2}node \d/);
  });

  it('a repmgrd is stopped and started, and the command waits for it', async () => {
    const before = (await viewOf(sandbox, 3))?.pid;
    const running = await repmgr(3, 'daemon', 'start');
    expect([running.exitCode, running.stderr.split('\n')[0]]).toEqual([
      27,
      'ERROR: the repmgrd of this node is running already',
    ]);
    const stopped = await repmgr(3, 'daemon', 'stop');
    expect(stopped.exitCode, stopped.stderr).toBe(0);
    expect(await viewOf(sandbox, 3)).toBeUndefined();
    const started = await repmgr(3, 'daemon', 'start');
    expect(started.exitCode, started.stderr).toBe(0);
    const view = await viewOf(sandbox, 3);
    expect(view?.pid).not.toBe(before);
    expect(started.stderr).toContain(`repmgrd was started, with the process id ${view?.pid}`);
  });

  it('daemon status needs no PostgreSQL where repmgrd runs', async () => {
    expect((await repmgr(1, 'daemon', 'pause', '--for=5m')).exitCode).toBe(0);
    await sandbox.stop(3);
    await until('node 3 sees it', async () => (await viewOf(sandbox, 3))?.server.condition === 'shutDown');
    const { exitCode, stdout } = await repmgr(3, 'daemon', 'status');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^3 +\| node3 \| standby \| - failed +\| node1 +\| running/m);
    await sandbox.start(3);
    expect((await repmgr(1, 'daemon', 'unpause')).exitCode).toBe(0);
  });

  it('a pause without a quorum of repmgrds is refused with 26', async () => {
    await until('all agree', async () => !(await isPaused(2)));
    await Promise.all([2, 3].map(async (id) => await sandbox.stopRepmgrd(id)));
    // What was heard before the lease counts no more.
    await until('node 1 hears nobody', async () => {
      const { nodes } = (await viewOf(sandbox, 1)) ?? { nodes: [] };
      return nodes.length > 0 && nodes.every(({ id, lastSeenMs }) => id === 1 || (lastSeenMs ?? 0) > 2_000);
    });
    const refused = await repmgr(1, 'daemon', 'pause');
    expect(refused.exitCode, refused.stderr).toBe(26);
    expect(refused.stderr).toContain('too few other repmgrds answer, and a majority must keep a pause');
    expect(refused.stderr).toContain(
      'HINT: See which repmgrds run, and who leads, with: repmgr daemon status',
    );
  });
});
