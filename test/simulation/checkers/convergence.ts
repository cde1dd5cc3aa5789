/** Once the faults stop, there is one primary within a bounded time, every standby follows it, no commit is held. */
import { isDiverged } from '../../../src/failover/own-wal.ts';
import { isInMaintenance } from '../../../src/failover/maintenance.ts';
import type { World } from '../world/world.ts';
import { isQuorumNow, newestRecord } from './electorate.ts';
import { findComplaint } from './health.ts';
import type { Checker } from './watcher.ts';

const lookEveryMs = 500;
/** 60 s, the drift of clocks, and an election. */
const leaseAfterBootMs = 64_000;

export class Convergence implements Checker {
  readonly name = 'convergence';
  /** When the cluster was well at last and stayed so; in milliseconds after the faults ended. */
  convergedAfterMs: number | undefined;
  #quietAtMs = 0;

  quiet(world: World): void {
    this.#quietAtMs = world.schedule.now;
    this.#look(world);
  }

  #look(world: World): void {
    const isWell = findComplaint(world, isOutside(world)) === undefined;
    if (!isWell) this.convergedAfterMs = undefined;
    else this.convergedAfterMs ??= world.schedule.now - this.#quietAtMs;
    world.schedule.after(lookEveryMs, undefined, () => this.#look(world));
  }

  ended(world: World): void {
    if (!isExpected(world)) return;
    const complaint = findComplaint(world, isOutside(world));
    if (complaint !== undefined && !isWaitingAfterBoot(world)) {
      const seconds = Math.round((world.schedule.now - this.#quietAtMs) / 1000);
      world.watchers.violated(world, this, `${complaint}, ${seconds} s after the faults ended`);
    }
  }
}

/** A voter whose machine booted takes its lease for a minute longer than the faults have been over. */
function isWaitingAfterBoot({ nodes, schedule }: World): boolean {
  const hasPrimary = nodes.some(({ server }) => server?.isWritable === true);
  return (
    !hasPrimary &&
    nodes.some(({ host }) => schedule.now - (host.bootedAt ?? -leaseAfterBootMs) < leaseAfterBootMs)
  );
}

/** Not where an operator has to act: a leader that fails over by hand only, or a majority without its state. */
function isExpected(world: World): boolean {
  const isManual = (id: number) => world.nodeOf(id)?.daemon.settings.failover === 'manual';
  // Where a primary fails over by hand only, and no standby stands by itself that does.
  if (world.nodes.some(({ id, daemon }) => isManual(id) && (daemon.file?.ledOn ?? null) !== null))
    return false;
  // Two writable servers before there ever was a term: no word of anybody says which of them is the primary.
  if (world.byHand.size > 0 && !world.nodes.some(({ daemon }) => (daemon.file?.leader ?? null) !== null))
    return false;
  const remembers = (id: number) => world.nodeOf(id)?.daemon.state?.durable.hasLostState === false;
  if (isUpToHands(world, remembers) || isBeforeFirstTerm(world)) return false;
  // By failover_quorum=none two lines may have gone on, and no quorum says which of them is given up.
  if (world.options.nodes.some(({ settings }) => settings.failoverQuorum === 'none')) return false;
  // Who has the primary's WAL forgot that it was a voter, and who remembers has left the line.
  const hasForgotten = world.nodes.some(({ id }) => !remembers(id));
  const mayStand = world.nodes.some(
    ({ id, server, daemon }) =>
      server !== undefined &&
      daemon.settings.priority > 0 &&
      !isManual(id) &&
      remembers(id) &&
      !(hasForgotten && daemon.state !== undefined && isDiverged(daemon.state)),
  );
  if (hasForgotten && lacksConfirmation(world, remembers)) return false;
  return (
    mayStand && isQuorumNow(world, remembers) && !lacksPositions(world, remembers) && !lacksLeftAlone(world)
  );
}

/** Who remembers is a quorum with a former leader alone, which had asked for a higher term: its word counts for none below. */
function lacksConfirmation(world: World, remembers: (node: number) => boolean): boolean {
  return world.nodes.some(({ id, daemon }) => {
    const role = daemon.state?.role;
    if (role?.kind !== 'leader') return false;
    const termOf = (node: number) => world.nodeOf(node)?.daemon.state?.durable.term ?? 0;
    return !isQuorumNow(world, (node) => node === id || (remembers(node) && termOf(node) <= role.term));
  });
}

/**
 * Rule 12: a branch that a hand made stays writable while nobody leads, and nobody votes for it who has other WAL; and
 * where hands made several, or other nodes lost their state, and no quorum is without either, only they know what is
 * meant.
 */
function isUpToHands(world: World, remembers: (node: number) => boolean): boolean {
  const { nodes, byHand, options } = world;
  const isAlone = nodes.some(
    ({ id, server, daemon }) =>
      server?.isWritable === true && byHand.has(id) && daemon.state?.role.kind !== 'leader',
  );
  const targets = options.faults.flatMap((fault) =>
    fault.kind === 'promoteByHand' || fault.kind === 'startByHand' ? [fault.target] : [],
  );
  const isWhole = (node: number) => !targets.includes(node) && remembers(node);
  const isTornTwice = new Set(targets).size > 1 || nodes.some(({ id }) => !remembers(id));
  return isAlone || (targets.length > 0 && isTornTwice && !isQuorumNow(world, isWhole));
}

/** Nobody ever led, and the recorded primary, whose repmgrd is there, was cloned over or does not run. */
function isBeforeFirstTerm({ nodes, options }: World): boolean {
  const recorded = nodes.find(({ id }) => id === options.primary);
  const hasLed = nodes.some(({ daemon }) => (daemon.file?.leader ?? null) !== null);
  return !hasLed && recorded?.daemon.state !== undefined && recorded.server?.isWritable !== true;
}

/** Synchronous standbys are gone, or lack what they acknowledged, and so does who led last: an operator has to force it. */
function lacksPositions(world: World, remembers: (node: number) => boolean): boolean {
  const { names, required } = newestRecord(world)?.synchronous ?? { names: [], required: 0 };
  const isReadable = (id: number) =>
    !world.unregistered.has(id) &&
    remembers(id) &&
    !isOutside(world)(id) &&
    world.nodeOf(id)?.daemon.file?.replaced === null;
  const isThere = world.nodes.some(({ server }) => server?.isWritable === true);
  if (required === 0 || isThere || names.filter(isReadable).length >= names.length - required + 1)
    return false;
  const files = world.nodes.flatMap(({ id, daemon }) =>
    daemon.file === undefined || world.unregistered.has(id) ? [] : [daemon.file],
  );
  const isGone = (id: number | null) => id === null || world.unregistered.has(id) || !remembers(id);
  /** Who was elected and is gone, or forgot it, cannot say whether it led. */
  const unanswered = files.flatMap(({ openTerms }) =>
    openTerms.flatMap(({ term, candidate }) => (isGone(candidate) ? [term] : [])),
  );
  const newest = Math.max(0, ...files.map(({ line }) => line?.term ?? 0), ...unanswered);
  return !files.some(({ leading, yielded }) => Math.max(leading?.term ?? 0, yielded?.term ?? 0) >= newest);
}

/** Commits wait for standbys that their operator has to come for: a winner that is named takes in one other alone. */
function lacksLeftAlone(world: World): boolean {
  const { names, required } = newestRecord(world)?.synchronous ?? { names: [], required: 0 };
  const able = names.filter((id) => !isBelowLeftAlone(world, id));
  return able.length < names.length && able.length < required;
}

/** A node that waits for an operator by its own setting, or that an operator works on. */
function isOutside(world: World): (node: number) => boolean {
  return (id) => {
    const daemon = world.nodeOf(id)?.daemon;
    const { settings, state } = daemon ?? {};
    return (
      settings?.rejoin !== 'automatic' ||
      state === undefined ||
      isInMaintenance(state) ||
      isBelowLeftAlone(world, id)
    );
  };
}

/** With failover=manual it is left alone by another primary than its own, and so is who streams from it. */
function isBelowLeftAlone(world: World, id: number): boolean {
  let node = world.nodeOf(id);
  for (let steps = 0; steps < 10 && node !== undefined && node.server?.isWritable !== true; steps += 1) {
    const { settings, state } = node.daemon;
    const { attachedTo, leader } = state?.durable ?? {};
    if (settings.failover === 'manual' && attachedTo !== leader?.node) return true;
    const upstream: number | undefined = node.server?.receiver.stream?.upstream.node;
    node = upstream === undefined ? undefined : world.nodeOf(upstream);
  }
  return false;
}
