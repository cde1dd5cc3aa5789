/** Registers a standby in the metadata on the primary, and waits until the standby itself shows the row. */
import { failure, RepmgrError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { NodeRecord } from '../../model/node.ts';
import { connect, type Connection } from '../../postgres/connection.ts';
import { systemIdentifier } from '../../postgres/queries/server.ts';
import { monotonicMs, type WaitOptions, waitUntil } from '../../system/clock.ts';
import { recordDaemonAddress } from '../metadata/daemon-addresses.ts';
import { hasOwnTables } from '../metadata/schema.ts';
import { changeNodes, findNode, insertNode, listNodes, updateNode } from '../metadata/nodes.ts';
import {
  planStandbyRegistration,
  type StandbyFacts,
  type StandbyPlan,
  type StandbyWish,
} from './standby-plan.ts';

/**
 * A standby belongs to a primary only if both are copies of one `initdb`.
 * @throws RepmgrError server_version_differs or system_identifier_differs
 */
export async function refuseForeignStandby(standby: Connection, primary: Connection): Promise<void> {
  if (standby.version.major !== primary.version.major) {
    throw failure('server_version_differs', {
      message: 'the standby and the primary have different major versions of PostgreSQL',
      detail: `The standby has ${standby.version.major}, the primary ${primary.version.major}.`,
      hint: 'Check "conninfo" in repmgr.conf; streaming replication needs the same major version.',
    });
  }
  const [own, primarys] = [await systemIdentifier(standby), await systemIdentifier(primary)];
  if (own === undefined || primarys === undefined || own === primarys) return;
  throw failure('system_identifier_differs', {
    message: 'the local server is a standby of another cluster',
    detail: `It has system identifier ${own}, the primary on ${primary.host}:${primary.port} has ${primarys}.`,
    hint: 'Check "conninfo" and "cluster" in repmgr.conf, or clone the node with "repmgr standby clone".',
  });
}

/**
 * Writes the rows in one transaction on the primary, planning again under the lock.
 * @throws RepmgrError of the plan, or query_failed
 */
export async function registerStandby(
  primary: Connection,
  facts: StandbyFacts,
  wish: StandbyWish,
): Promise<StandbyPlan> {
  const cluster = wish.node.clusterName;
  return changeNodes(primary, cluster, async () => {
    const plan = planStandbyRegistration({ ...facts, nodes: await listNodes(primary, cluster) }, wish);
    if (plan.placeholder !== undefined) await insertNode(primary, cluster, plan.placeholder);
    await (plan.change === 'insert' ? insertNode : updateNode)(primary, cluster, plan.record);
    if (hasOwnTables(facts.schema)) {
      await recordDaemonAddress(primary, cluster, plan.record.id, wish.daemonAddress);
    }
    return plan;
  });
}

/**
 * Waits until the standby's own copy of the row is what the primary has. The standby may be down meanwhile, and a
 * schema that has not arrived yet is a row that has not arrived yet.
 * @throws RepmgrError registration_not_synchronized, after the deadline or when the row is gone on the primary
 */
export async function waitForRow(
  primary: Connection,
  node: NodeRecord,
  { deadlineMs, signal }: WaitOptions,
): Promise<void> {
  const endsAtMs = monotonicMs() + deadlineMs;
  let standby: Connection | undefined;
  let trouble: string | undefined;
  const rowOnStandby = async (): Promise<NodeRecord | undefined> => {
    const patience = { deadlineMs: Math.max(limits.pollMs, endsAtMs - monotonicMs()), signal };
    try {
      standby ??= await connect(node.conninfo, patience);
      const row = await findNode(standby, node.clusterName, node.id, patience);
      trouble = undefined;
      return row;
    } catch (error) {
      if (!(error instanceof RepmgrError) || error.code === 'interrupted') throw error;
      trouble = error.message;
      await standby?.close();
      standby = undefined;
      return undefined;
    }
  };
  try {
    const isThere = await waitUntil(
      async () => (isSameRow(await rowOnStandby(), await rowOnPrimary(primary, node)) ? true : undefined),
      { deadlineMs, signal },
    );
    if (isThere === true) return;
    const last = trouble === undefined ? '' : ` The last look at the standby failed: ${trouble}.`;
    throw notSynchronized(node, `It did not arrive within ${deadlineMs / 1000} s.${last}`);
  } finally {
    await standby?.close();
  }
}

async function rowOnPrimary(primary: Connection, node: NodeRecord): Promise<NodeRecord> {
  const row = await findNode(primary, node.clusterName, node.id);
  if (row === undefined) throw notSynchronized(node, 'The row is gone on the primary.');
  return row;
}

function notSynchronized(node: NodeRecord, detail: string): Error {
  return failure('registration_not_synchronized', {
    message: `the row of node ${node.id} is not visible on the standby`,
    detail,
    hint: 'The node is registered on the primary. Look at the log of the standby: does it receive and replay WAL?',
  });
}

function isSameRow(a: NodeRecord | undefined, b: NodeRecord): boolean {
  return (
    a !== undefined &&
    a.role === b.role &&
    a.upstreamNodeId === b.upstreamNodeId &&
    a.name === b.name &&
    a.conninfo === b.conninfo &&
    a.slotName === b.slotName &&
    a.priority === b.priority &&
    a.isActive === b.isActive
  );
}
