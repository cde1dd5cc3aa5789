/**
 * The file in which a repmgrd keeps what must outlive a crash: where it lies, and what it looks like around the part
 * that only repmgrd understands. `witness join` writes the first one of a node without PostgreSQL.
 */
import { join } from 'node:path';
import * as v from 'valibot';
import type { NodeId } from '../model/node.ts';
import { writeDurably } from '../system/durable-file.ts';
import { type ClusterFacts, clusterFactsSchema, toClusterFacts } from './cluster-facts.ts';

export interface StateFileOwner {
  readonly stateDirectory: string;
  readonly clusterName: string;
  readonly self: NodeId;
}

/** A token that lets one witness in. */
export interface Invitation {
  readonly id: string;
  /** Shared with whoever has the token; empty once it was used. */
  readonly key: string;
  /** By the wall clock of this node. */
  readonly endsAtMs: number;
  readonly usedBy: NodeId | null;
}

export interface StateFileParts {
  readonly facts: ClusterFacts;
  /** What binds the core; null: nothing does. */
  readonly durable: unknown;
  readonly invitations: readonly Invitation[];
}

const invitationSchema = v.object({
  id: v.string(),
  key: v.string(),
  endsAtMs: v.number(),
  usedBy: v.nullable(v.number()),
});

const fileSchema = v.object({
  kind: v.literal('repmgrd state'),
  format: v.literal(1),
  cluster: v.string(),
  node: v.number(),
  facts: clusterFactsSchema,
  durable: v.nullable(v.unknown()),
  invitations: v.optional(v.array(invitationSchema), []),
});

/** It holds the secret of the cluster. */
export const stateFileMode = 0o600;

/** `CLUSTER-NODEID.json`, so that several nodes may share a directory. */
export function stateFilePath({ stateDirectory, clusterName, self }: StateFileOwner): string {
  return join(stateDirectory, `${encodeURIComponent(clusterName)}-${self}.json`);
}

/** @returns what is wrong with it, in words, where it cannot be believed */
export function readStateText(text: string, { clusterName, self }: StateFileOwner): StateFileParts | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text.trim() === '' ? 'it is empty' : 'it is truncated, or no JSON';
  }
  const parsed = v.safeParse(fileSchema, value);
  if (!parsed.success) return 'it was not written by this version of repmgrd';
  const { cluster, node, facts, durable, invitations } = parsed.output;
  if (cluster !== clusterName || node !== self) return `it belongs to node ${node} of cluster "${cluster}"`;
  return {
    facts: toClusterFacts(facts),
    durable,
    invitations: invitations.map((it) => ({ ...it, usedBy: it.usedBy as NodeId | null })),
  };
}

/** Replaces the file as a whole. @throws the system's error; the file is then as it was */
export async function writeStateFile(owner: StateFileOwner, parts: StateFileParts): Promise<void> {
  const { clusterName: cluster, self: node } = owner;
  const head = { kind: 'repmgrd state', format: 1, cluster, node };
  const text = `${JSON.stringify({ ...head, ...parts })}\n`;
  await writeDurably(stateFilePath(owner), text, { mode: stateFileMode });
}
