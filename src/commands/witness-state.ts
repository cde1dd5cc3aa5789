/** The state file that a witness without PostgreSQL has already, where it has one, when it joins. */
import { readFile } from 'node:fs/promises';
import { ownCommand } from '../cluster/own-command.ts';
import {
  readStateText,
  type StateFileOwner,
  type StateFileParts,
  stateFilePath,
} from '../cluster/state-file.ts';
import type { Config } from '../config/resolve.ts';
import { failure } from '../errors.ts';

/**
 * What this node promised to others as a voter stays in force when it joins anew.
 * @param force `--force`: it may have joined before
 * @returns undefined where there is none, or one that cannot be believed
 * @throws RepmgrError joined_already, state_file_unreadable
 */
export async function formerState(
  owner: StateFileOwner,
  config: Config,
  force: boolean,
): Promise<StateFileParts | undefined> {
  const path = stateFilePath(owner);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw failure('state_file_unreadable', {
      message: `the state file "${path}" cannot be read`,
      detail: `The system says: ${error instanceof Error ? error.message : String(error)}.`,
      hint: 'Run the command as the user that runs repmgrd, usually postgres.',
      cause: error,
    });
  }
  const found = readStateText(text, owner);
  if (force) return typeof found === 'string' ? undefined : found;
  throw failure('joined_already', {
    message: 'this node has a state file, so it has joined already',
    detail: typeof found === 'string' ? `"${path}": ${found}.` : `It is "${path}".`,
    hint: `Start its repmgrd: ${ownCommand(config, 'daemon start')}; add --force to have it join anew.`,
  });
}

/** Votes of one cluster mean nothing in another. @throws RepmgrError system_identifier_differs */
export function refuseOtherSystem(
  former: StateFileParts | undefined,
  systemIdentifier: string | null,
  path: string,
): void {
  const before = former?.facts.systemIdentifier ?? null;
  if (before === null || systemIdentifier === null || before === systemIdentifier) return;
  throw failure('system_identifier_differs', {
    message: 'this node was a witness of another cluster of the same name',
    detail: `"${path}" is of the cluster with system identifier ${before}; the token is of ${systemIdentifier}.`,
    hint: `If that cluster is gone, remove the file: rm "${path}"`,
  });
}
