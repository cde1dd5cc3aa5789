/** Looks at the local server, which may be down, and at its data directory. */
import { realpath } from 'node:fs/promises';
import type { Config } from '../../config/resolve.ts';
import { failure } from '../../errors.ts';
import type { Connection } from '../../postgres/connection.ts';
import { type ControlFile, readControlFile } from '../../postgres/control-file.ts';
import { type DirectoryContent, inspectDataDirectory } from '../../postgres/data-directory.ts';
import { readSettings } from '../../postgres/queries/server.ts';
import { type ServerStatus, serverStatus } from '../../postgres/queries/server-status.ts';
import { mayReloadBySql } from '../../postgres/queries/reload.ts';
import { readRecoveryConfig } from '../../postgres/recovery-config.ts';
import type { LocalServer } from '../../postgres/server-process.ts';
import { parseVersionText, type ServerVersion, serverVersion } from '../../postgres/version.ts';
import { localServer } from '../local-server.ts';
import { positionOfRunning, positionOfStopped, type WalPosition } from './wal-position.ts';

export interface LocalFacts {
  readonly server: LocalServer & { readonly dataDirectory: string };
  readonly version: ServerVersion;
  readonly systemIdentifier: string | undefined;
  readonly position: WalPosition | undefined;
  readonly state: RunningState | StoppedState;
  /** What stands in recovery.conf or postgresql.auto.conf; undefined where it is no standby. */
  readonly settings: Readonly<Record<string, string>> | undefined;
}

export interface RunningState {
  readonly kind: 'running';
  readonly status: ServerStatus;
  readonly mayReloadBySql: boolean;
  /** In force; undefined before PostgreSQL 12, where it is none of the server's settings. */
  readonly recoveryTargetTimeline: string | undefined;
  readonly recoveryMinApplyDelay: string | undefined;
}

export interface StoppedState {
  readonly kind: 'stopped';
  readonly control: ControlFile;
}

/**
 * @param connection to the local server; undefined where it does not run
 * @param dataDirectory undefined: as the running server says
 * @throws RepmgrError data_directory_unusable, or of the queries
 */
export async function inspectLocal(
  connection: Connection | undefined,
  config: Config,
  dataDirectory: string | undefined,
): Promise<LocalFacts> {
  const directory = await usableDirectory(connection, dataDirectory);
  const { path, majorVersion } = directory;
  const version = connection?.version ?? serverVersion(parseVersionText(majorVersion) ?? 0);
  const place = { dataDirectory: path, version };
  const server = { ...localServer(config, path), dataDirectory: path };
  const settings = await readRecoveryConfig(place);
  if (connection === undefined) {
    const control = await readControlFile(path, version);
    return {
      server,
      version,
      systemIdentifier: control.systemIdentifier,
      position: await positionOfStopped(control, place),
      state: { kind: 'stopped', control },
      settings,
    };
  }
  const status = await serverStatus(connection);
  const inForce = await readSettings(connection, ['recovery_target_timeline', 'recovery_min_apply_delay']);
  return {
    server,
    version,
    systemIdentifier: status.systemIdentifier ?? directory.systemIdentifier,
    position: await positionOfRunning(connection, place),
    state: {
      kind: 'running',
      status,
      mayReloadBySql: await mayReloadBySql(connection),
      recoveryTargetTimeline: inForce['recovery_target_timeline'],
      recoveryMinApplyDelay: inForce['recovery_min_apply_delay'],
    },
    settings,
  };
}

interface UsableDirectory {
  readonly path: string;
  readonly majorVersion: string;
  readonly systemIdentifier: string | undefined;
}

async function usableDirectory(
  connection: Connection | undefined,
  given: string | undefined,
): Promise<UsableDirectory> {
  const told = connection && (await readSettings(connection, ['data_directory']))['data_directory'];
  const directory = given ?? told;
  if (directory === undefined) {
    throw failure('data_directory_unusable', {
      message: 'the data directory of the local server is not known',
      detail:
        connection === undefined
          ? 'A server that is not asked, since it should be stopped, does not tell it.'
          : 'PostgreSQL tells it to superusers and members of pg_read_all_settings only.',
      hint: 'Set "data_directory" in repmgr.conf, or name it with -D.',
    });
  }
  const { path, content, isOwnedByUs, isWritable } = await inspectDataDirectory(directory);
  if (content.kind !== 'postgresql' || content.majorVersion === undefined) {
    throw unusable(path, 'is not the data directory of a server', contentInWords(content));
  }
  if (!isOwnedByUs || !isWritable) {
    throw unusable(
      path,
      'cannot be written',
      'The recovery settings are written there by repmgr itself, so it must run as the user that owns the directory.',
    );
  }
  if (told !== undefined && (await realpath(told).catch(() => told)) !== path) {
    throw unusable(path, 'is not that of the local server', `The server of "conninfo" runs in "${told}".`);
  }
  return { path, majorVersion: content.majorVersion, systemIdentifier: content.systemIdentifier };
}

function unusable(path: string, what: string, detail: string): Error {
  return failure('data_directory_unusable', {
    message: `the directory "${path}" ${what}`,
    detail,
    hint: 'Name the data directory of this node with -D, or with "data_directory" in repmgr.conf.',
  });
}

function contentInWords(content: DirectoryContent): string {
  switch (content.kind) {
    case 'absent':
      return 'It does not exist.';
    case 'empty':
      return 'It is empty.';
    case 'foreign':
      return `It holds "${content.example}" and no PG_VERSION; a clone that is under way looks so too.`;
    case 'unreadable':
      return `It cannot be read: ${content.reason}.`;
    case 'postgresql':
      return 'Its PG_VERSION cannot be read.';
    case 'tablespace':
      return 'It holds a tablespace.';
    case 'not a directory':
      return 'It is no directory.';
  }
}
