/** The libraries of repmgr 3 to 5 that PostgreSQL may still load, which this repmgr does not need. */
import type { Connection } from '../postgres/connection.ts';
import { readSettings } from '../postgres/queries/server.ts';
import type { CommandContext } from './command.ts';

const libraries = ['repmgr_funcs', 'repmgr'];

/** A library that PostgreSQL preloads and does not find keeps it from starting: a WARNING while it is still there. */
export async function warnOfPreloadedLibrary({ log }: CommandContext, connection: Connection): Promise<void> {
  const { shared_preload_libraries: preloaded = '' } = await readSettings(connection, [
    'shared_preload_libraries',
  ]);
  const names = preloaded.split(',').map((name) => name.trim());
  for (const library of libraries.filter((name) => names.includes(name))) {
    log.warning(`the server still loads the library ${library}, which this repmgr does not need`, {
      hint: 'Take it out of shared_preload_libraries before it is uninstalled: PostgreSQL does not start without it.',
    });
  }
}
