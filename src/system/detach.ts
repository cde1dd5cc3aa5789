/** Going into the background. Node cannot fork: the program is started again, in a session of its own. */
import { spawn } from 'node:child_process';
import { failure } from '../errors.ts';

const markVariable = 'REPMGR_IS_DETACHED';

/** Whether this process is the one in the background already; says so once. */
export function isDetached(): boolean {
  const isMarked = process.env[markVariable] === '1';
  delete process.env[markVariable];
  return isMarked;
}

/**
 * Starts this program again with the same arguments; its output is closed, errors go where ours go.
 * @param workingDirectory where it lives from then on
 * @throws RepmgrError detach_failed
 */
export async function startDetached(args: readonly string[], workingDirectory: string): Promise<void> {
  const [, script = ''] = process.argv;
  const child = spawn(process.execPath, [...process.execArgv, script, ...args], {
    cwd: workingDirectory,
    env: { ...process.env, [markVariable]: '1' },
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', () => resolve());
    child.once('error', (error) =>
      reject(
        failure('detach_failed', {
          message: 'repmgrd cannot go into the background',
          detail: `The system says: ${error.message}.`,
          hint: 'Run it in the foreground, by systemd for instance: without -d.',
          cause: error,
        }),
      ),
    );
  });
  child.unref();
}
