/** The directory in which a repmgrd keeps what must outlive a crash. */
import { access, constants, mkdir, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import type { Config } from '../config/resolve.ts';
import { failure, type RepmgrError } from '../errors.ts';
import { quoteForShell } from '../system/shell.ts';

/** Makes it where it is not there yet. @throws RepmgrError state_directory_unusable */
export async function makeStateDirectory({ stateDirectory }: Pick<Config, 'stateDirectory'>): Promise<void> {
  try {
    if (!(await stat(stateDirectory)).isDirectory()) throw new Error('it is no directory');
    await access(stateDirectory, constants.W_OK);
    return;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
      throw stateDirectoryUnusable(stateDirectory, error);
    }
  }
  try {
    await mkdir(stateDirectory, { mode: 0o700 });
  } catch (error) {
    throw stateDirectoryUnusable(stateDirectory, error);
  }
}

function stateDirectoryUnusable(directory: string, error: unknown): RepmgrError {
  const path = quoteForShell(directory);
  const { username } = userInfo();
  return failure('state_directory_unusable', {
    message: `the state directory "${directory}" cannot be used`,
    detail: `The system says: ${error instanceof Error ? error.message : String(error)}.`,
    hint: `As root: mkdir -p -m 700 ${path} && chown ${username} ${path}; or set state_directory in repmgr.conf.`,
    cause: error,
  });
}
