/** What a repmgrd knows of its cluster from the metadata, and keeps for times when no server answers. */
import * as v from 'valibot';
import type { ClusterSecrets } from '../model/cluster-secrets.ts';
import type { NodeId, NodeRecord } from '../model/node.ts';

export interface ClusterFacts extends ClusterSecrets {
  readonly nodes: readonly NodeRecord[];
  /** Where each node's repmgrd is reached, HOST:PORT, as far as it told. */
  readonly addresses: readonly (readonly [NodeId, string])[];
  readonly namesTerm: boolean | null;
  /** That of the cluster; null where nobody knows it yet. */
  readonly systemIdentifier: string | null;
  /** Of the local server, as it told. */
  readonly dataDirectory: string | null;
}

export const noFacts: ClusterFacts = {
  nodes: [],
  addresses: [],
  namesTerm: null,
  systemIdentifier: null,
  secrets: [],
  secretVersion: 0,
  dataDirectory: null,
};

const nodeSchema = v.object({
  id: v.number(),
  role: v.picklist(['primary', 'standby', 'witness']),
  upstreamNodeId: v.optional(v.number()),
  clusterName: v.string(),
  name: v.string(),
  conninfo: v.string(),
  slotName: v.optional(v.string()),
  priority: v.number(),
  isActive: v.boolean(),
});

export const clusterFactsSchema = v.object({
  nodes: v.array(nodeSchema),
  addresses: v.array(v.tuple([v.number(), v.string()])),
  namesTerm: v.nullable(v.boolean()),
  systemIdentifier: v.nullable(v.string()),
  secrets: v.array(v.string()),
  secretVersion: v.optional(v.number(), 0),
  dataDirectory: v.nullable(v.string()),
});

/** Gives what was read from a file, or came from another repmgrd, its brands back. */
export function toClusterFacts(plain: v.InferOutput<typeof clusterFactsSchema>): ClusterFacts {
  return {
    ...plain,
    nodes: plain.nodes.map((node) => ({
      ...node,
      id: node.id as NodeId,
      upstreamNodeId: node.upstreamNodeId as NodeId | undefined,
      slotName: node.slotName,
    })),
    addresses: plain.addresses.map(([id, address]) => [id as NodeId, address] as const),
  };
}

/** What another repmgrd tells of the cluster, without what is true of its own node only. */
export function writeFacts(facts: ClusterFacts): string {
  return JSON.stringify({ ...facts, dataDirectory: null });
}

/** @returns undefined where the text is no such thing */
export function readFacts(text: string): ClusterFacts | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = v.safeParse(clusterFactsSchema, value);
  return parsed.success ? toClusterFacts(parsed.output) : undefined;
}
