/** What the nodes of a sandbox are at this moment, with their roles in words. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { observedUpstreams } from '../cluster/observed-upstream.ts';
import { type NodeObservation, surveyNodes } from '../cluster/survey.ts';
import { failure } from '../errors.ts';
import { type NodeRecord, toNodeId } from '../model/node.ts';
import type { SandboxNode } from './place.ts';
import { findPostmaster, readLockFile } from '../postgres/postmaster.ts';

/**
 * `frozen`: its processes are stopped. `stopped`: in good order. `crashed`: not in good order. `empty`: there is no
 * data yet. `silent`: its processes run, but it does not answer.
 */
export type NodeState = 'primary' | 'standby' | 'frozen' | 'stopped' | 'crashed' | 'empty' | 'silent';

export interface NodeStatus {
  readonly id: number;
  readonly name: string;
  readonly state: NodeState;
  /** Of a standby: the node that it streams from, where it does. */
  readonly upstreamNodeId: number | undefined;
  /** The same in words: `primary, 2 standbys stream from it`. */
  readonly role: string;
  readonly conninfo: string;
}

export async function statusOfNodes(nodes: readonly SandboxNode[]): Promise<readonly NodeStatus[]> {
  const states = await Promise.all(nodes.map(processStateOf));
  const observations = await surveyNodes(
    nodes.filter((_, index) => states[index] === 'running').map(asRecord),
  );
  return nodes.map((node, index) => {
    const observation = observations.find((it) => Number(it.node.id) === node.id);
    const { id, name, conninfo } = node;
    return { id, name, conninfo, ...describe(states[index] ?? 'stopped', observation, observations) };
  });
}

type ProcessState = 'running' | Extract<NodeState, 'frozen' | 'stopped' | 'crashed' | 'empty'>;

async function processStateOf({ dataDirectory }: SandboxNode): Promise<ProcessState> {
  const postmaster = await findPostmaster(dataDirectory);
  if (postmaster !== undefined) return postmaster.state === 'stopped' ? 'frozen' : 'running';
  if ((await readLockFile(dataDirectory)) !== undefined) return 'crashed';
  return await access(join(dataDirectory, 'PG_VERSION')).then(
    () => 'stopped' as const,
    () => 'empty' as const,
  );
}

/** Pure. */
export function describe(
  state: ProcessState,
  observation: NodeObservation | undefined,
  observations: readonly NodeObservation[],
): Pick<NodeStatus, 'state' | 'upstreamNodeId' | 'role'> {
  const words = {
    frozen: 'frozen: its processes are stopped, nothing is answered',
    stopped: 'stopped',
    crashed: 'down, not in good order: killed or crashed',
    empty: 'empty: nothing was cloned into it yet',
  };
  if (state !== 'running') return { state, upstreamNodeId: undefined, role: words[state] };
  if (observation?.answer.kind !== 'answered') {
    return { state: 'silent', upstreamNodeId: undefined, role: 'runs, but does not answer' };
  }
  const upstreams = observedUpstreams(observations);
  if (!observation.answer.status.isInRecovery) {
    const followers = [...upstreams.values()].filter(
      (upstream) => upstream.kind === 'node' && upstream.node.id === observation.node.id,
    );
    return {
      state: 'primary',
      upstreamNodeId: undefined,
      role: `primary, ${followersInWords(followers.length)}`,
    };
  }
  const upstream = upstreams.get(observation.node.id);
  const isKnown = upstream?.kind === 'node';
  return {
    state: 'standby',
    upstreamNodeId: isKnown ? upstream.node.id : undefined,
    role: isKnown ? `standby, streams from ${upstream.node.name}` : 'standby, streams from nobody',
  };
}

function followersInWords(count: number): string {
  if (count === 0) return 'no standby streams from it';
  return count === 1 ? '1 standby streams from it' : `${count} standbys stream from it`;
}

/** The survey asks nodes of metadata; a sandbox can be asked before there is any. */
function asRecord(node: SandboxNode): NodeRecord {
  const id = toNodeId(node.id);
  if (id === undefined) throw failure('internal', { message: `${node.id} is no node id` });
  return {
    id,
    role: 'standby',
    upstreamNodeId: undefined,
    clusterName: '',
    name: node.name,
    conninfo: node.conninfo,
    slotName: undefined,
    priority: 100,
    isActive: true,
  };
}
