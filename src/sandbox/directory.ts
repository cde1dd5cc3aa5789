/** The directory of a sandbox: which one, and whether it may be used. */
import { access, mkdtemp, readdir } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { failure, type RepmgrError } from '../errors.ts';
import { findProcess } from '../system/processes.ts';
import { quoteForShell } from '../system/shell.ts';
import { makeOwnedDirectory } from './owned-files.ts';
import { claimWithState, readState, type SandboxState } from './state-file.ts';

export interface ClaimedDirectory {
  readonly directory: string;
  readonly state: SandboxState;
}

/** Where `repmgr sandbox` keeps its one sandbox of a user when no directory is named. */
export function usualDirectory(): string {
  if (process.getuid?.() === 0) return '/var/lib/repmgr-sandbox';
  const base = process.env['XDG_DATA_HOME'];
  const dataHome = base !== undefined && base.startsWith('/') ? base : join(homedir(), '.local/share');
  return join(dataHome, 'repmgr-sandbox');
}

/** A command line for HINTs: names the directory where it is not the usual one. */
export function sandboxCommand(words: string, directory: string): string {
  const named = directory === usualDirectory() ? [] : [`--directory=${quoteForShell(directory)}`];
  const [verb = '', ...rest] = words.split(' ');
  return ['repmgr sandbox', verb, ...named, ...rest].join(' ');
}

/** The directory that `repmgr sandbox` works in. */
export function chosenDirectory(wanted: string | undefined): string {
  return wanted === undefined ? usualDirectory() : resolve(wanted);
}

/**
 * Takes an empty or new directory for a sandbox.
 * @param wanted absolute; undefined: a new one among the temporary files
 * @throws RepmgrError sandbox_directory_unusable, sandbox_busy
 */
export async function claimDirectory(
  wanted: string | undefined,
  stateIn: (directory: string, madeDirectory: boolean) => SandboxState,
): Promise<ClaimedDirectory> {
  const directory = wanted ?? (await mkdtemp(join(tmpdir(), 'repmgr-sandbox-')));
  try {
    const madeDirectory = wanted === undefined || !(await exists(directory));
    await refuseUnlessEmpty(directory);
    const state = stateIn(directory, madeDirectory);
    await makeOwnedDirectory(directory, state.user, 0o755);
    await claimWithState(directory, state);
    return { directory, state };
  } catch (error) {
    throw await explain(error, directory);
  }
}

/** A directory that does not exist is fine too. @throws RepmgrError sandbox_directory_unusable, sandbox_busy */
export async function refuseUnlessEmpty(directory: string): Promise<void> {
  const state = await readState(directory);
  if (state !== undefined) throw await occupied(directory, state);
  const names = await readdir(directory).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw await explain(error, directory);
  });
  const example = names.find((name) => name !== 'lost+found');
  if (example === undefined) return;
  throw failure('sandbox_directory_unusable', {
    message: `the directory "${directory}" is not empty`,
    detail: `It holds "${example}", and is no sandbox of repmgr.`,
    hint: 'Name an empty or a new directory with --directory.',
  });
}

/** Why a directory that holds a sandbox cannot take another one. */
export async function occupied(directory: string, state: SandboxState): Promise<RepmgrError> {
  const isBeingMade = state.phase === 'making' && (await findProcess(state.makerPid)) !== undefined;
  if (isBeingMade) {
    return failure('sandbox_busy', {
      message: `a sandbox is being made in "${directory}"`,
      detail: `Process ${state.makerPid} is at it.`,
      hint: `Wait until it is done, then look at it with: ${sandboxCommand('status', directory)}`,
    });
  }
  return failure('sandbox_directory_unusable', {
    message: `the directory "${directory}" holds a sandbox already`,
    detail:
      state.phase === 'making'
        ? 'It was interrupted while it was made.'
        : `It has ${state.nodes.length} nodes.`,
    hint: `Remove it with: ${sandboxCommand('destroy', directory)}`,
  });
}

async function explain(error: unknown, directory: string): Promise<unknown> {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return error;
  if (error.code === 'EEXIST') {
    const state = await readState(directory);
    if (state !== undefined) return await occupied(directory, state);
  }
  return failure('sandbox_directory_unusable', {
    message: `the directory "${directory}" cannot be used for a sandbox`,
    detail: `The system says: ${error.message}.`,
    hint: 'Name one that you may write, with --directory.',
    cause: error,
  });
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
