// `cluster matrix` and `cluster crosscheck` on 5 nodes with one down, each on a host of its own: one sshd on loopback.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const nodes = 5;

/** @returns times in milliseconds by name; nothing where there is no sshd to test with */
export async function measureConnectivity(startSandbox, measure) {
  const { sshProgram, startSshServer } = await loadSshServer();
  if (!existsSync(sshProgram)) {
    console.log(
      `no figures of matrix and crosscheck: ${sshProgram} is not there (apt-get install openssh-server)`,
    );
    return {};
  }
  const sandbox = await startSandbox({ nodes, postgresqlConf: { listen_addresses: '*' } });
  try {
    const programs = sandbox.user === undefined ? join(root, 'dist') : join(sandbox.directory, 'program');
    const guards = [];
    try {
      const ssh = await startSshServer(sandbox, nodes, {
        programDirectory: programs,
        startServer: (command, logFile) => guards.push(startGuarded(sandbox, command, logFile)),
      });
      await giveEachNodeItsHost(sandbox, ssh);
      const command = (verb) => () => run(sandbox, ssh.hosts[0].repmgr, ['cluster', verb, '--csv']);
      const cases = (state) => ({
        [`cluster show, 5 nodes, ${state}`]: command('show'),
        [`cluster matrix, 5 nodes, ${state}`]: command('matrix'),
        [`cluster crosscheck, 5 nodes, ${state}`]: command('crosscheck'),
      });
      const all = await measure(3, cases('all up'));
      await sandbox.freeze(nodes);
      const frozen = await measure(3, cases('one frozen'));
      await sandbox.thaw(nodes);
      await sandbox.stop(nodes);
      const stopped = await measure(3, cases('one stopped'));
      return { ...all, ...stopped, ...frozen };
    } finally {
      for (const guard of guards) guard.stdin.end();
    }
  } finally {
    await sandbox.destroy();
  }
}

/** A shell ends the program when our end of a pipe is closed, so also where this process is killed. */
function startGuarded(sandbox, command, logFile) {
  const line = 'log=$1; shift; "$@" >"$log" 2>&1 & read -r released; kill $! && wait $!';
  const identity = sandbox.user === undefined ? {} : { uid: sandbox.user.uid, gid: sandbox.user.gid };
  return spawn('/bin/sh', ['-c', line, 'sh', logFile, ...command], {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    ...identity,
  });
}

/** That of the tests, which is written in TypeScript. */
async function loadSshServer() {
  const bundle = await build({
    absWorkingDir: root,
    entryPoints: ['test/support/ssh-hosts.ts'],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
  });
  const source = Buffer.from(bundle.outputFiles[0].text).toString('base64');
  return await import(`data:text/javascript;base64,${source}`);
}

async function giveEachNodeItsHost(sandbox, ssh) {
  await sandbox.query(
    1,
    `UPDATE repmgr_sandbox.repl_nodes SET conninfo = replace(conninfo, '127.0.0.1', '127.0.0.' || id)`,
  );
  for (const { id, name, conninfo } of sandbox.nodes) {
    const { address, directory } = ssh.hosts[id - 1];
    const lines = [
      'cluster=sandbox',
      `node=${id}`,
      `node_name=${name}`,
      `conninfo='${conninfo.replace('127.0.0.1', address)}'`,
      `ssh_options='${ssh.options}'`,
    ];
    await writeFile(join(directory, 'repmgr.conf'), lines.map((line) => `${line}\n`).join(''), {
      mode: 0o644,
    });
  }
}

async function run(sandbox, file, args) {
  const { exitCode, stderr } = await sandbox.run(file, args);
  if (exitCode !== 0) throw new Error(`repmgr ${args.join(' ')}: exit code ${exitCode}\n${stderr}`);
}
