/** Finds the sandbox that `repmgr sandbox` works on. */
import { failure } from '../errors.ts';
import { type ClaimedDirectory, chosenDirectory, occupied, sandboxCommand } from './directory.ts';
import { sandboxOf } from './make.ts';
import type { Sandbox } from './sandbox.ts';
import { readState } from './state-file.ts';

/** @throws RepmgrError sandbox_missing */
export async function findSandbox(wanted: string | undefined): Promise<ClaimedDirectory> {
  const directory = chosenDirectory(wanted);
  const state = await readState(directory);
  if (state !== undefined) return { directory, state };
  throw failure('sandbox_missing', {
    message: `there is no sandbox in "${directory}"`,
    detail: 'It has no file sandbox.json.',
    hint: `Make one with "${sandboxCommand('start', directory)}", or name the directory of another one.`,
  });
}

/** @throws RepmgrError sandbox_missing; sandbox_busy or sandbox_directory_unusable, where it was not made to its end */
export async function openExisting(wanted: string | undefined): Promise<Sandbox> {
  const found = await findSandbox(wanted);
  if (found.state.phase !== 'complete') throw await occupied(found.directory, found.state);
  return sandboxOf(found);
}
