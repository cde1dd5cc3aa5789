/**
 * What a repmgrd keeps over a crash: what binds the core, and how to reach the others while no server answers. One
 * small file a node, replaced as a whole.
 */
import { chmod, copyFile, readFile, stat } from 'node:fs/promises';
import {
  type Invitation,
  readStateText,
  stateFileMode,
  type StateFileOwner,
  stateFilePath,
  writeStateFile,
} from '../cluster/state-file.ts';
import { failure } from '../errors.ts';
import { emptyDurable } from '../failover/initial-state.ts';
import type { Durable } from '../failover/durable.ts';
import type { ClusterFacts } from './cluster-facts.ts';
import { readDurable } from './durable-schema.ts';

/** `lost`: there was a file, and it cannot be believed; what it held may bind this node, and nobody knows it. */
export type StateFileContent =
  | { readonly kind: 'missing' }
  | {
      readonly kind: 'read';
      readonly durable: Durable | null;
      readonly facts: ClusterFacts;
      readonly invitations: readonly Invitation[];
    }
  | { readonly kind: 'lost'; readonly problem: string; readonly keptAs: string | undefined };

/**
 * Reads the file. One that cannot be believed is kept beside, since it is replaced soon.
 * @throws RepmgrError state_file_unreadable, where it may not be read: an operator can still mend that
 */
export async function readStateFile(owner: StateFileOwner): Promise<StateFileContent> {
  const path = stateFilePath(owner);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { kind: 'missing' };
    throw failure('state_file_unreadable', {
      message: `the state file "${path}" cannot be read`,
      detail: `The system says: ${error instanceof Error ? error.message : String(error)}.`,
      hint: `Let it belong to the user that runs repmgrd: ls -l ${path}`,
      cause: error,
    });
  }
  const content = interpret(text, owner);
  if (typeof content !== 'string') {
    await closeToOthers(path);
    return content;
  }
  const keptAs = `${path}.damaged`;
  const isKept = await copyFile(path, keptAs).then(
    () => true,
    () => false,
  );
  return { kind: 'lost', problem: content, keptAs: isKept ? keptAs : undefined };
}

/** What the core is told of a file: a lost one binds to whatever it may have held. */
export function durableOf(content: StateFileContent): Durable | null {
  switch (content.kind) {
    case 'missing':
      return null;
    case 'read':
      return content.durable;
    case 'lost':
      return { ...emptyDurable, hasLostState: true };
  }
}

/** @returns what is wrong with it, in words, where it cannot be believed */
function interpret(text: string, owner: StateFileOwner): StateFileContent | string {
  const parts = readStateText(text, owner);
  if (typeof parts === 'string') return parts;
  const { facts, invitations } = parts;
  const durable = parts.durable === null ? null : readDurable(parts.durable);
  if (durable === undefined) return 'what it says of terms and votes makes no sense';
  return { kind: 'read', durable, facts, invitations };
}

/** Those that this node gave; with a lost file they are lost too. */
export function invitationsOf(content: StateFileContent): readonly Invitation[] {
  return content.kind === 'read' ? content.invitations : [];
}

/** It holds the secret of the cluster. */
async function closeToOthers(path: string): Promise<void> {
  const status = await stat(path);
  if ((status.mode & 0o077) !== 0) await chmod(path, stateFileMode);
}

/** Writes one version after the other; whoever waits for a later one is content with an even later one. */
export class StateFile {
  readonly #owner: StateFileOwner;
  #durable: Durable | null;
  #facts: ClusterFacts;
  #invitations: readonly Invitation[];
  #writing: Promise<void> | undefined;

  constructor(
    owner: StateFileOwner,
    durable: Durable | null,
    facts: ClusterFacts,
    invitations: readonly Invitation[] = [],
  ) {
    this.#owner = owner;
    this.#durable = durable;
    this.#facts = facts;
    this.#invitations = invitations;
  }

  get invitations(): readonly Invitation[] {
    return this.#invitations;
  }

  /** @throws the system's error; the file is then as it was */
  async persist(durable: Durable): Promise<void> {
    this.#durable = durable;
    await this.#write();
  }

  /** @throws the system's error; the file is then as it was */
  async keepFacts(facts: ClusterFacts): Promise<void> {
    this.#facts = facts;
    await this.#write();
  }

  /** @throws the system's error; the file is then as it was */
  async keepInvitations(invitations: readonly Invitation[]): Promise<void> {
    this.#invitations = invitations;
    await this.#write();
  }

  async #write(): Promise<void> {
    const before = this.#writing ?? Promise.resolve();
    const writing = before
      .catch(() => undefined)
      .then(() =>
        writeStateFile(this.#owner, {
          facts: this.#facts,
          durable: this.#durable,
          invitations: this.#invitations,
        }),
      );
    this.#writing = writing;
    await writing;
  }
}
