/** The lines that scripts of repmgr 3 hold, as they stand there, on a server of Debian. */
import { expect, it } from 'vitest';
import { debianMajorVersion, describeWithDebian } from '../support/debian.ts';
import { sandboxForTest } from '../support/sandbox.ts';

describeWithDebian('scripts written for repmgr 3', () => {
  it('clone, register, show, promote and follow', async () => {
    const sandbox = await sandboxForTest({
      nodes: 3,
      postgresVersion: debianMajorVersion,
      build: 'primary',
      // A clone without --fast-checkpoint waits for a checkpoint that takes its time.
      postgresqlConf: { checkpoint_timeout: '30s', checkpoint_completion_target: '0.1' },
    });
    const primary = sandbox.node(1);
    const source = ['-h', primary.host, '-p', String(primary.port), '-d', 'repmgr', '-U', 'repmgr'];
    const run = async (node: number, ...args: string[]) => {
      const result = await sandbox.repmgr(node, args);
      expect(result, `${args.join(' ')}\n${result.stderr}`).toMatchObject({ exitCode: 0 });
      return result;
    };

    await run(1, '--verbose', 'master', 'register');

    const [second, third] = [sandbox.node(2).dataDirectory, sandbox.node(3).dataDirectory];
    await run(2, ...source, '-D', second, '--verbose', 'standby', 'clone');
    const withoutHost = source.slice(2);
    const dataDirectory = `--dest-dir=${third}`;
    await run(3, ...withoutHost, dataDirectory, '--fast-checkpoint', 'STANDBY', 'Clone', primary.host);
    for (const node of [2, 3]) {
      await sandbox.start(node);
      const { stderr } = await run(node, '--force', 'standby', 'register');
      expect(stderr).not.toContain('WARNING');
    }

    const shown = await run(1, 'cluster', 'show');
    expect(shown.stdout).toMatch(/^Role {6}\| Name {2}\| Upstream \| Connection String\n-{10}\+-/);
    expect(shown.stdout).toContain('  standby | node3 | node1    |');

    await sandbox.stop(1);
    await run(2, 'standby', 'promote');
    await run(3, 'standby', 'follow', '-W');
    const { stdout } = await run(3, 'cluster', 'show', '--csv');
    expect(stdout.trim().split('\n').toSorted()).toEqual(['1,-1', '2,0', '3,0']);
  });
});
