/** sandbox.json: what `repmgr sandbox` finds a sandbox again by, and what claims a directory for one. */
import { chown, link, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { failure } from '../errors.ts';
import { writeDurably } from '../system/durable-file.ts';
import { writeOwnedFile } from './owned-files.ts';

export const stateFileName = 'sandbox.json';

const stateSchema = v.object({
  kind: v.literal('repmgr sandbox'),
  format: v.literal(1),
  /** `making`: whoever makes it is at it, or was interrupted. */
  phase: v.picklist(['making', 'complete']),
  /** The process that makes it. */
  makerPid: v.number(),
  clusterName: v.string(),
  /** As the server tells it: `15.18 (Debian 15.18-1)`. */
  postgresVersion: v.string(),
  binDirectory: v.string(),
  programDirectory: v.string(),
  /** Undefined where the servers run as whoever made the sandbox. */
  user: v.optional(v.object({ name: v.string(), uid: v.number(), gid: v.number(), home: v.string() })),
  /** Whether a repmgrd belongs to each node. */
  hasRepmgrd: v.optional(v.boolean(), false),
  /** Whether the directory itself was made, and goes with the sandbox. */
  madeDirectory: v.boolean(),
  nodes: v.array(
    v.object({
      id: v.number(),
      port: v.number(),
      apiPort: v.number(),
      network: v.optional(v.object({ address: v.string(), namespace: v.string() })),
    }),
  ),
});

export type SandboxState = v.InferOutput<typeof stateSchema>;

/**
 * @returns undefined where there is no state file
 * @throws RepmgrError sandbox_missing, where there is a file that is none of ours, or cannot be read
 */
export async function readState(directory: string): Promise<SandboxState | undefined> {
  const file = stateFile(directory);
  try {
    return v.parse(stateSchema, JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw failure('sandbox_missing', {
      message: `"${file}" cannot be read, or was not written by this version of repmgr`,
      detail: `${error instanceof Error ? error.message : String(error)}.`,
      hint: `If nothing in it is needed, stop its servers and remove the directory: rm -r ${directory}`,
      cause: error,
    });
  }
}

/** Creates the file, whole; of two that try at the same time one gets EEXIST. */
export async function claimWithState(directory: string, state: SandboxState): Promise<void> {
  const draft = join(directory, `.sandbox.json.${process.pid}`);
  await writeOwnedFile(draft, textOf(state), state.user);
  try {
    await link(draft, stateFile(directory));
  } finally {
    await rm(draft, { force: true });
  }
}

export async function writeState(directory: string, state: SandboxState): Promise<void> {
  await writeDurably(stateFile(directory), textOf(state), { mode: 0o600 });
  if (state.user !== undefined) await chown(stateFile(directory), state.user.uid, state.user.gid);
}

function stateFile(directory: string): string {
  return join(directory, stateFileName);
}

function textOf(state: SandboxState): string {
  return `${JSON.stringify(state, undefined, 2)}\n`;
}
