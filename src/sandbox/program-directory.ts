/** The built programs of repmgr, or a copy of them where the user of the servers can run it. */
import { cp } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { builtProgramDirectory } from '../system/built-programs.ts';
import type { SandboxUser } from './user.ts';

/**
 * Where root would run the programs as another user, they are copied: a checkout below /root is closed to everybody
 * else.
 */
export async function provideProgram(target: string, user: SandboxUser | undefined): Promise<string> {
  const built = builtProgramDirectory();
  if (user === undefined) return built;
  await cp(built, target, {
    recursive: true,
    filter: (source) => !source.startsWith(join(built, 'types')) && extname(source) !== '.map',
  });
  return target;
}
