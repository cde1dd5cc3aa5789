/** A real cluster of Debian's repmgr 5 goes on with ours: register with theirs, import, and both show the same. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { RepmgrError } from '../../src/errors.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { waitUntil } from '../../src/system/clock.ts';
import { debianBinDirectory } from '../support/debian.ts';
import { describeWithRepmgr5, repmgr5Configuration, runRepmgr5 } from '../support/repmgr5.ts';
import { putFile } from '../support/sandbox-files.ts';
import { sandboxForTest } from '../support/sandbox.ts';

interface ShownNode {
  readonly id: number;
  readonly name: string;
  readonly role: string;
  readonly upstream: string;
  readonly priority: number;
  readonly timeline: number;
  readonly conninfo: string;
}

describeWithRepmgr5('a cluster of repmgr 5', () => {
  let sandbox: Sandbox;
  const configurations = new Map<number, string>();
  const theirs = async (id: number, ...args: string[]) =>
    await runRepmgr5(sandbox, configurations.get(id) ?? '', ...args);

  beforeAll(async () => {
    sandbox = await sandboxForTest({
      nodes: 4,
      postgresVersion: 15,
      postgresqlConf: { shared_preload_libraries: 'repmgr' },
    });
    await sandbox.query(1, 'DROP SCHEMA repmgr_sandbox CASCADE');
    for (const { id } of sandbox.nodes) {
      const lines = [
        'failover=automatic',
        `priority=${id * 10}`,
        'monitoring_history=yes',
        'monitor_interval_secs=1',
      ];
      const commands = [
        `promote_command='${join(debianBinDirectory, 'repmgr')} standby promote -f /etc/repmgr.conf'`,
        "follow_command='repmgr standby follow -f /etc/repmgr.conf -W --upstream-node-id=%n'",
      ];
      configurations.set(id, await repmgr5Configuration(sandbox, id, ...lines, ...commands));
      const result = await theirs(id, id === 1 ? 'primary' : 'standby', 'register');
      expect(result.exitCode, result.stderr).toBe(0);
    }
    await watchForAMoment(4);
    expect((await theirs(4, 'standby', 'unregister')).exitCode).toBe(0);
  });

  /** Runs their repmgrd until it has written history. */
  async function watchForAMoment(id: number): Promise<void> {
    const abort = new AbortController();
    const daemon = sandbox
      .run(
        join(debianBinDirectory, 'repmgrd'),
        ['-f', configurations.get(id) ?? '', '--daemonize=false', '--no-pid-file'],
        { signal: abort.signal },
      )
      .catch((error: unknown) => {
        if (!(error instanceof RepmgrError) || error.code !== 'interrupted') throw error;
      });
    const hasHistory = await waitUntil(
      async () =>
        (await sandbox.query(1, 'SELECT 1 FROM repmgr.monitoring_history')).length > 0 ? true : undefined,
      { deadlineMs: 30_000 },
    );
    abort.abort();
    await daemon;
    expect(hasHistory).toBe(true);
  }

  async function shownByTheirs(id: number): Promise<readonly ShownNode[]> {
    const { stdout } = await theirs(id, 'cluster', 'show');
    const rows = stdout.trim().split('\n').slice(2);
    return rows.map((row) => {
      const cells = row.split('|').map((cell) => cell.trim());
      const [number, name = '', role = '', status, upstream = '', , priority, timeline, conninfo = ''] =
        cells;
      expect(status).toMatch(/^(\* )?running$/);
      return {
        id: Number(number),
        name,
        role,
        upstream,
        priority: Number(priority),
        timeline: Number(timeline),
        conninfo,
      };
    });
  }

  async function shownByOurs(id: number, file: string): Promise<readonly ShownNode[]> {
    const { stdout, exitCode } = await sandbox.repmgr(id, ['-f', file, 'cluster', 'show', '--json']);
    expect(exitCode).toBe(0);
    const { nodes, warnings } = JSON.parse(stdout) as {
      nodes: (Omit<ShownNode, 'upstream'> & { upstream_node_name: string | null })[];
      warnings: unknown[];
    };
    expect(warnings).toEqual([]);
    return nodes.map(
      ({ id: number, name, role, upstream_node_name: upstream, priority, timeline, conninfo }) => ({
        id: number,
        name,
        role,
        upstream: upstream ?? '',
        priority,
        timeline,
        conninfo,
      }),
    );
  }

  it('is shown the same by both after the import, and its history came along', async () => {
    const before = await shownByTheirs(1);
    expect(before).toHaveLength(3);
    const call = ['--cluster=main', 'cluster', 'import', '--from-repmgr5'];

    const onStandby = await sandbox.repmgr(2, ['-f', configurations.get(2) ?? '', ...call]);
    expect(onStandby).toMatchObject({ exitCode: 1, stdout: '' });
    expect(onStandby.stderr).toMatch(
      /^ERROR: metadata can be imported on the primary only\nDETAIL: .*"node1" \(ID: 1\) as the primary\.\nHINT: .*--config-only/m,
    );

    const dryRun = await sandbox.repmgr(1, ['-f', configurations.get(1) ?? '', ...call, '--dry-run']);
    expect(dryRun.exitCode).toBe(0);
    expect(dryRun.stdout).toMatch(/also that of nodes that are not registered any more: 4 \(\d+ rows?\)/);

    const file = join(sandbox.directory, 'node1.imported.conf');
    const output = `--output=${file}`;
    const imported = await sandbox.repmgr(1, ['-f', configurations.get(1) ?? '', ...call, output]);
    expect(imported, imported.stderr).toMatchObject({ exitCode: 0, stdout: '' });
    expect(imported.stderr).toContain('WARNING: the server still loads the library repmgr,');
    expect(imported.stderr).toContain(
      `WARNING: promote_command: make sure that ${join(debianBinDirectory, 'repmgr')} is this repmgr`,
    );
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).toContain(
      'repmgr standby follow -f /etc/repmgr.conf --no-wait --upstream-node-id=%n',
    );
    const ours = await shownByOurs(1, file);
    expect(ours).toEqual(before);
    expect(await shownByTheirs(1)).toEqual(before);

    const counts = await sandbox.query(
      1,
      `SELECT (SELECT count(*) FROM repmgr.events) + 1 = (SELECT count(*) FROM repmgr_main.repl_events) AS events,
              (SELECT count(*) FROM repmgr.monitoring_history) = (SELECT count(*) FROM repmgr_main.repl_monitor) AS history`,
    );
    expect(counts).toEqual([{ events: true, history: true }]);

    const second = await sandbox.repmgr(2, ['-f', configurations.get(2) ?? '', ...call, '--config-only']);
    expect(second.exitCode).toBe(0);
    const secondFile = await putFile(sandbox, 'node2.imported.conf', second.stdout);
    expect(await sandbox.repmgr(2, ['-f', secondFile, 'standby', 'register', '--force'])).toMatchObject({
      exitCode: 0,
    });
    expect(await shownByOurs(2, secondFile)).toEqual(before);
  });
});
