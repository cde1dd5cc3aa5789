/** Where the built programs of repmgr are, and a copy of them where the user of the servers can run it. */
import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { failure } from '../errors.ts';
import type { SandboxUser } from './user.ts';

/** The directory of repmgr.js: ours, when this runs from the built files; `dist` beside `src`, when from the source. */
export function builtProgramDirectory(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    for (const candidate of [directory, join(directory, 'dist')]) {
      if (existsSync(join(candidate, 'repmgr.js'))) return candidate;
    }
    if (directory === dirname(directory)) break;
    directory = dirname(directory);
  }
  throw failure('command_missing', {
    message: 'the built programs of repmgr are missing',
    detail: `There is no repmgr.js above ${fileURLToPath(import.meta.url)}.`,
    hint: 'Build them: npm run build',
  });
}

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
