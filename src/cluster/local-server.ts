/** The local server as repmgr.conf describes it: where it lies, and the commands that control it. */
import type { Config } from '../config/resolve.ts';
import type { Connection } from '../postgres/connection.ts';
import { readSettings } from '../postgres/queries/server.ts';
import type { LocalServer } from '../postgres/server-process.ts';

export function localServer(config: Config, dataDirectory: string | undefined): LocalServer {
  const commands = {
    start: config.serviceStartCommand,
    stop: config.serviceStopCommand,
    restart: config.serviceRestartCommand,
    reload: config.serviceReloadCommand,
    promote: config.servicePromoteCommand,
  };
  return {
    dataDirectory,
    configDirectory: config.configDirectory,
    programDirectory: config.pgBindir,
    pgCtlOptions: config.pgCtlOptions,
    commands: Object.fromEntries(Object.entries(commands).filter(([, command]) => command !== undefined)),
  };
}

/**
 * The data directory of the server behind `connection`: as repmgr.conf says, else as PostgreSQL does.
 * @returns undefined where neither tells (PostgreSQL shows it to superusers and pg_read_all_settings only)
 */
export async function knownDataDirectory(
  config: Config,
  connection: Connection,
): Promise<string | undefined> {
  if (config.dataDirectory !== undefined) return config.dataDirectory;
  return (await readSettings(connection, ['data_directory']))['data_directory'];
}
