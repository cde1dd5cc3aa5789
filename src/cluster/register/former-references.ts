/** Who still uses the address or the name that a node had before it was registered again, and what to run there. Pure. */
import type { NodeRecord } from '../../model/node.ts';
import { quoteForShell } from '../../system/shell.ts';
import {
  addressesOf,
  expectedStreamingName,
  observedUpstreams,
  streamingName,
} from '../observed-upstream.ts';
import type { NodeObservation } from '../survey.ts';
import { nodeLabel } from './record.ts';
import { synchronousNamesWith } from './synchronous-names.ts';

/** One row before and after. */
export interface RowChange {
  readonly before: NodeRecord;
  readonly after: NodeRecord;
}

/** For a WARNING. */
export interface FormerReference {
  readonly message: string;
  readonly hint: string;
}

/** Whether anything outside of the row can refer to what has changed: an address or a name. */
export function canBeReferredTo(change: RowChange): boolean {
  return isMoved(change) || isRenamed(change);
}

/**
 * Slots are named after the id of a node, so a change of address or name leaves them as they are.
 * @param observations of all nodes, with the new row of the changed one
 * @param synchronousStandbyNames of the primary; undefined where it is not shown
 */
export function formerReferences(
  change: RowChange,
  observations: readonly NodeObservation[],
  synchronousStandbyNames: string | undefined,
): readonly FormerReference[] {
  return [
    ...(isRenamed(change) ? synchronousNames(change, observations, synchronousStandbyNames) : []),
    ...(isRenamed(change) ? ownStreamingName(change, observations) : []),
    ...(isMoved(change) ? observations.flatMap((node) => downstream(node, change, observations)) : []),
    ...(canBeReferredTo(change) ? observations.flatMap(({ node }) => copyOf(node)) : []),
  ];
}

function isMoved({ before, after }: RowChange): boolean {
  return inWords(before) !== inWords(after);
}

function isRenamed({ before, after }: RowChange): boolean {
  return before.role === 'standby' && expectedStreamingName(before) !== expectedStreamingName(after);
}

function inWords({ conninfo }: NodeRecord): string {
  return placesOf(conninfo).join(', ');
}

/** HOST:PORT for each host of a conninfo. */
function placesOf(conninfo: string): readonly string[] {
  return addressesOf(conninfo).map(({ host, port }) => `${host}:${port}`);
}

function synchronousNames(
  { before, after }: RowChange,
  observations: readonly NodeObservation[],
  names: string | undefined,
): FormerReference[] {
  const [former, current] = [expectedStreamingName(before), expectedStreamingName(after)];
  const changed = names === undefined ? undefined : synchronousNamesWith(names, { former, current });
  if (changed === undefined) return [];
  const primary = observations.find(
    ({ node, answer }) =>
      answer.kind === 'answered' && !answer.status.isInRecovery && node.role !== 'witness',
  );
  const where = primary === undefined ? 'the primary' : nodeLabel(primary.node);
  return [
    {
      message: `synchronous_standby_names of ${where} has the former name "${former}"`,
      hint: `Run there: ALTER SYSTEM SET synchronous_standby_names = '${changed.replaceAll("'", "''")}'; SELECT pg_reload_conf();`,
    },
  ];
}

/** The node's own primary_conninfo carries its name, as application_name. */
function ownStreamingName({ before, after }: RowChange, observations: readonly NodeObservation[]) {
  const own = observations.find(({ node }) => node.id === after.id);
  if (own === undefined || after.role !== 'standby') return [];
  const receiver = own.answer.kind === 'answered' ? own.answer.status.walReceiver : undefined;
  const isSeen = typeof receiver === 'object' && receiver.conninfo !== undefined;
  if (isSeen && streamingName(own) === expectedStreamingName(after)) return [];
  return [
    {
      message: `node ${nodeLabel(after)} ${isSeen ? 'streams' : 'may stream'} under its former name "${expectedStreamingName(before)}"`,
      hint: `Run on this node: ${followCommand(upstreamIn(observations, after))}`,
    },
  ];
}

function downstream(
  observation: NodeObservation,
  change: RowChange,
  observations: readonly NodeObservation[],
): FormerReference[] {
  const { node } = observation;
  const { before, after } = change;
  if (node.id === after.id || node.role !== 'standby') return [];
  const use = useOfFormerAddress(observation, change, observations);
  if (use === undefined) return [];
  const isNewsToIt = after.role === 'primary' && use.isCutOff;
  const when = observation.answer.kind === 'answered' || isNewsToIt ? '' : ', once it is up';
  return [
    {
      message: `node ${nodeLabel(node)} ${use.words} the former address of node ${nodeLabel(after)}, ${inWords(before)}`,
      hint: `Run on ${node.name}${when}: ${isNewsToIt ? followCommandByAddress(after) : followCommand(after)}`,
    },
  ];
}

/** How a standby uses the former address, as far as it can be seen. */
interface Use {
  readonly words: string;
  /** It does not stream, so its copy of the metadata has the former address too. */
  readonly isCutOff: boolean;
}

/** Undefined where the standby is known to use the new address, or has nothing to do with the node. */
function useOfFormerAddress(
  observation: NodeObservation,
  change: RowChange,
  observations: readonly NodeObservation[],
): Use | undefined {
  const { node, answer } = observation;
  const isRecorded = node.upstreamNodeId === change.after.id;
  const perhaps = (words: string, isCutOff: boolean) => (isRecorded ? { words, isCutOff } : undefined);
  if (answer.kind !== 'answered') return perhaps('does not answer, and may still use', true);
  const { walReceiver, isInRecovery } = answer.status;
  if (!isInRecovery) return undefined;
  if (walReceiver === 'absent') return perhaps('does not stream, and may still use', true);
  if (walReceiver === 'hidden' || walReceiver.conninfo === undefined) return perhaps('may still use', false);
  const used = placesOf(walReceiver.conninfo);
  const isUsed = ({ conninfo }: NodeRecord) => placesOf(conninfo).some((place) => used.includes(place));
  if (isUsed(change.after)) return undefined;
  const isCutOff = observedUpstreams(observations).get(node.id)?.kind === 'none';
  if (isUsed(change.before)) return { words: 'still uses', isCutOff };
  return isCutOff ? perhaps('does not stream, and may still use', true) : undefined;
}

/** A witness got its copy of the rows when it was registered. */
function copyOf(node: NodeRecord): FormerReference[] {
  if (node.role !== 'witness' || node.conninfo === '') return [];
  return [
    {
      message: `witness ${nodeLabel(node)} has a copy of the metadata from before the change`,
      hint: `Run on ${node.name}: repmgr witness register --force`,
    },
  ];
}

function upstreamIn(
  observations: readonly NodeObservation[],
  { upstreamNodeId }: NodeRecord,
): NodeRecord | undefined {
  return observations.find(({ node }) => node.id === upstreamNodeId)?.node;
}

/** Without an id `standby follow` takes the primary. */
function followCommand(upstream: NodeRecord | undefined): string {
  return upstream?.role === 'standby'
    ? `repmgr standby follow --upstream-node-id=${upstream.id}`
    : 'repmgr standby follow';
}

/** For a standby whose metadata do not know yet where the primary is. */
function followCommandByAddress({ conninfo }: NodeRecord): string {
  const [address] = addressesOf(conninfo);
  if (address === undefined) return 'repmgr standby follow';
  return `repmgr -h ${quoteForShell(address.host)} -p ${address.port} -D DATA_DIRECTORY standby follow`;
}
