/** Looks at the host of the source by SSH, where the copy needs it: rsync, and external configuration files. */
import { failure } from '../../errors.ts';
import { limits } from '../../limits.ts';
import {
  defaultRsyncOptions,
  type RsyncOptions,
  readRsyncOptions,
} from '../../postgres/backup/rsync-options.ts';
import type { Connection } from '../../postgres/connection.ts';
import { missingBackupFunctions } from '../../postgres/queries/backup-functions.ts';
import { findRsync } from '../../system/rsync.ts';
import { optionWords } from '../../system/shell.ts';
import { runOverSsh } from '../../system/ssh.ts';
import type { SshTarget } from '../../system/ssh-failure.ts';
import { type ExternalFile, inspectExternalFiles } from './external-files.ts';
import type { SourceFacts } from './source.ts';
import type { CloneWish } from './wish.ts';

export interface SourceHostFacts {
  readonly target: SshTarget;
  /** Undefined for other ways to copy. */
  readonly rsync: RsyncFacts | undefined;
  /** Empty where they are not to be copied. */
  readonly externalFiles: readonly ExternalFile[];
}

export interface RsyncFacts {
  readonly options: RsyncOptions;
  /** Of the backup, that the role may not call. */
  readonly missingFunctions: readonly string[];
  /** Of the server that works in the data directory over there; undefined where it cannot be read. */
  readonly postmasterPort: string | undefined;
  /** What was said over there instead. */
  readonly said: string;
}

/**
 * @returns undefined where nothing of the clone needs SSH
 * @throws RepmgrError usage, rsync_missing, of the codes `ssh_...`, remote_program_missing, clone_options_contradict,
 *   command_failed for rsync_options, interrupted
 */
export async function inspectSourceHost(
  connection: Connection,
  source: SourceFacts,
  wish: CloneWish,
  signal: AbortSignal,
): Promise<SourceHostFacts | undefined> {
  const isByRsync = wish.copy.method === 'rsync';
  if (!isByRsync && wish.sourceHost.externalFiles === undefined) return undefined;
  const target = targetOf(source, wish);
  return {
    target,
    rsync: isByRsync ? await inspectRsync(connection, source, wish, target, signal) : undefined,
    externalFiles: await inspectExternalFiles(connection, source, wish, target, signal),
  };
}

async function inspectRsync(
  connection: Connection,
  source: SourceFacts,
  { sourceHost: { rsyncOptions = '' } }: CloneWish,
  target: SshTarget,
  signal: AbortSignal,
): Promise<RsyncFacts> {
  await findRsync(signal);
  const given = await optionWords(rsyncOptions);
  const options = readRsyncOptions(given.length === 0 ? defaultRsyncOptions : given, source.version);
  const call = { deadlineMs: limits.sshQuestionMs, signal };
  // Another one may be named, in whatever words.
  const isElsewhere = options.words.some((word) => word.startsWith('--rsync-path'));
  if (!isElsewhere) await runOverSsh(target, ['rsync', '--version'], call);
  const directory = source.settings['data_directory'] ?? '';
  const { stdout, stderr } = await runOverSsh(target, ['cat', `${directory}/postmaster.pid`], call);
  return {
    options,
    missingFunctions: await missingBackupFunctions(connection),
    // See the lines of postmaster.pid in src/include/utils/pidfile.h of PostgreSQL.
    postmasterPort: stdout.split('\n')[3]?.trim() || undefined,
    said: stderr.trim(),
  };
}

/** @throws RepmgrError usage where the source is reached by a socket, which names no host */
function targetOf(
  { host }: SourceFacts,
  { sourceHost: { user, sshOptions: options } }: CloneWish,
): SshTarget {
  if (!/^[/@]/.test(host)) return { host, user, options };
  throw failure('usage', {
    message: 'the host of the source is not known, and SSH needs it',
    detail: `The source is reached by the socket in "${host}".`,
    hint: 'Name the host with -h, such as -h node1.',
  });
}
