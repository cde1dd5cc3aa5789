/**
 * What a repmgrd keeps over a crash: what binds the core, and how to reach the others while no server answers. One
 * small file a node, replaced as a whole.
 */
import { chmod, copyFile, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { failure } from '../errors.ts';
import { emptyDurable } from '../failover/initial-state.ts';
import type { Durable } from '../failover/durable.ts';
import type { NodeId } from '../model/node.ts';
import { writeDurably } from '../system/durable-file.ts';
import { type ClusterFacts, clusterFactsSchema, toClusterFacts } from './cluster-facts.ts';
import { readDurable } from './durable-schema.ts';

export interface StateFileOwner {
  readonly stateDirectory: string;
  readonly clusterName: string;
  readonly self: NodeId;
}

/** `lost`: there was a file, and it cannot be believed; what it held may bind this node, and nobody knows it. */
export type StateFileContent =
  | { readonly kind: 'missing' }
  | { readonly kind: 'read'; readonly durable: Durable | null; readonly facts: ClusterFacts }
  | { readonly kind: 'lost'; readonly problem: string; readonly keptAs: string | undefined };

const fileSchema = v.object({
  kind: v.literal('repmgrd state'),
  format: v.literal(1),
  cluster: v.string(),
  node: v.number(),
  facts: clusterFactsSchema,
  durable: v.nullable(v.unknown()),
});

const mode = 0o600;

/** `CLUSTER-NODEID.json`, so that several nodes may share a directory. */
export function stateFilePath({ stateDirectory, clusterName, self }: StateFileOwner): string {
  return join(stateDirectory, `${encodeURIComponent(clusterName)}-${self}.json`);
}

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
function interpret(text: string, { clusterName, self }: StateFileOwner): StateFileContent | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text.trim() === '' ? 'it is empty' : 'it is truncated, or no JSON';
  }
  const parsed = v.safeParse(fileSchema, value);
  if (!parsed.success) return 'it was not written by this version of repmgrd';
  const { cluster, node, facts, durable: stored } = parsed.output;
  if (cluster !== clusterName || node !== self) return `it belongs to node ${node} of cluster "${cluster}"`;
  const durable = stored === null ? null : readDurable(stored);
  if (durable === undefined) return 'what it says of terms and votes makes no sense';
  return { kind: 'read', durable, facts: toClusterFacts(facts) };
}

/** It holds the secret of the cluster. */
async function closeToOthers(path: string): Promise<void> {
  const status = await stat(path);
  if ((status.mode & 0o077) !== 0) await chmod(path, mode);
}

/** Writes one version after the other; whoever waits for a later one is content with an even later one. */
export class StateFile {
  readonly #owner: StateFileOwner;
  #durable: Durable | null;
  #facts: ClusterFacts;
  #writing: Promise<void> | undefined;

  constructor(owner: StateFileOwner, durable: Durable | null, facts: ClusterFacts) {
    this.#owner = owner;
    this.#durable = durable;
    this.#facts = facts;
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

  async #write(): Promise<void> {
    const before = this.#writing ?? Promise.resolve();
    const writing = before
      .catch(() => undefined)
      .then(() => writeDurably(this.#path, this.#text(), { mode }));
    this.#writing = writing;
    await writing;
  }

  get #path(): string {
    return stateFilePath(this.#owner);
  }

  #text(): string {
    const { clusterName: cluster, self: node } = this.#owner;
    const head = { kind: 'repmgrd state', format: 1, cluster, node };
    return `${JSON.stringify({ ...head, facts: this.#facts, durable: this.#durable })}\n`;
  }
}
