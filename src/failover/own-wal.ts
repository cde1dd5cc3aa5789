/** The end of this node's own WAL: its position with the makers of its timelines, and since when it has not moved. */
import type { Line } from './durable.ts';
import type { ServerObservation } from './server-observation.ts';
import {
  isOnPath,
  isSameMark,
  type LsnBytes,
  partOnPath,
  type Position,
  samePath,
  type TimelineMark,
  type TimelinePath,
  tipOf,
} from './position.ts';
import type { State } from './state.ts';
import { isUnclaimed, noTerm } from './term.ts';
import { change, store, type Turn } from './turn.ts';

export interface EndOfWal {
  readonly timeline: readonly TimelineMark[] | null;
  readonly endOfWal: LsnBytes | null;
  readonly endIsExact: boolean;
}

/** Takes over where the WAL ends now, and whether it moved since the last look. */
export function lookAtWal(turn: Turn, seen: EndOfWal): void {
  const { state, now } = turn;
  const { timeline, endOfWal, endIsExact } = seen;
  if (timeline === null || timeline.length === 0 || endOfWal === null) {
    change(turn, { position: null, look: null });
    return;
  }
  const path = withMakers(state, timeline);
  if (!endIsExact && isStillKnown(state, path, endOfWal)) {
    return;
  }
  noteUnknownBranch(turn, path);
  if (!samePath(path, state.durable.timelines)) {
    store(turn, { timelines: path });
  }
  noteOwnTimeline(turn, path);
  const isSame = endIsExact && state.look?.lsn === endOfWal && samePathAsBefore(state, path);
  change(turn, {
    position: { path, lsn: endOfWal, isExact: endIsExact },
    look: isSame ? state.look : endIsExact ? { lsn: endOfWal, since: now } : null,
  });
}

/** A promotion that ended while its server was killed: no heartbeat told of this timeline, and it is the line all the same. */
function noteOwnTimeline(turn: Turn, path: TimelinePath): void {
  const { leading } = turn.state.durable;
  if (leading !== null && leading.promotionCalled && tipOf(path)?.term === leading.term) {
    learnLine(turn, { term: leading.term, path });
  }
}

/** Gives the timelines of this node's WAL their makers again, after the leader's were heard of. */
export function renameMakers(turn: Turn): void {
  const { position } = turn.state;
  if (position !== null) {
    noteUnknownBranch(turn, position.path);
    const path = withMakers(turn.state, position.path);
    if (!samePath(path, position.path)) {
      change(turn, { position: { ...position, path } });
      store(turn, { timelines: path });
    }
  }
}

/**
 * A server that was given no upstream may have made its last timeline itself, though its state file, which was lost,
 * would have to tell. Where the leader's bears the same number and LSN, nothing else tells the two apart.
 */
function noteUnknownBranch(turn: Turn, path: TimelinePath): void {
  const { server, durable } = turn.state;
  const tip = tipOf(path);
  const known = durable.timelines.find((step) => tip !== undefined && isSameMark(step, tip));
  const isWithoutUpstream =
    server?.isInRecovery === true &&
    server.receiver === null &&
    server.primaryConninfo === '' &&
    durable.frozen === null;
  const isTheirs = durable.leader?.path?.some((step) => tip !== undefined && isSameMark(step, tip)) === true;
  const isUnknown = (known?.term ?? noTerm) === noTerm && (tip?.beganAt ?? 0) > 0;
  if (isUnknown && isWithoutUpstream && isTheirs && !durable.hasStrayed) {
    store(turn, { hasStrayed: true });
  }
}

/** Keeps the newest primary's timelines, whoever told of them. */
export function learnLine(turn: Turn, told: Line | null): void {
  const { line } = turn.state.durable;
  if (
    told !== null &&
    (line === null ||
      told.term > line.term ||
      (told.term === line.term && told.path.length > line.path.length))
  ) {
    store(turn, { line: told });
  }
}

/** WAL was taken over from another node: its timelines are by whom that node knows them to be made. */
export function takePath(turn: Turn, { timeline, endOfWal, endIsExact }: EndOfWal, path: TimelinePath): void {
  const taken = path.slice(0, timeline?.length ?? 0);
  if (timeline !== null && taken.every((step, index) => isSameMark(step, timeline[index] ?? step))) {
    store(turn, { timelines: taken });
  }
  lookAtWal(turn, { timeline, endOfWal, endIsExact });
}

/** Takes the makers of this node's timelines over from one who knows them, also before its WAL was looked at. */
export function learnPath(turn: Turn, taught: TimelinePath): void {
  const { position, durable } = turn.state;
  if (position === null) {
    if (durable.timelines.length === 0) {
      store(turn, { timelines: taught });
    }
    return;
  }
  const path = position.path.map((step) =>
    step.term === noTerm ? (taught.find((it) => isSameMark(it, step)) ?? step) : step,
  );
  change(turn, { position: { ...position, path } });
  store(turn, { timelines: path });
}

/** This node's server accepts writes, as far as it was seen. */
export function isWritable({ server }: State): boolean {
  return server !== null && server.isInRecovery === false && hasPostmaster(server);
}

export function hasPostmaster({ condition, postmaster }: ServerObservation): boolean {
  return postmaster !== null && condition !== 'crashed' && condition !== 'shutDown' && condition !== 'none';
}

export function isWitness({ settings, metadata }: State): boolean {
  return metadata.nodes.some((node) => node.id === settings.self && node.isWitness);
}

/** Whether this node's WAL left the line of the newest leader: no candidate and no voter until it was rejoined. */
export function isDiverged({ position, durable }: State): boolean {
  if (durable.hasStrayed || durable.isRejoining) {
    return true;
  }
  return position !== null && durable.line !== null && leftLine(position, durable.line.path);
}

/**
 * What a voter's own WAL says for its part: all of it, and of WAL that left the line what lies before. The rest was
 * given up when a newer term was won; what lies before may be nowhere else.
 */
export function heldOnLine(state: State): Position | null {
  const { position, durable } = state;
  if (position === null || isWitness(state) || durable.hasStrayed || durable.isRejoining) {
    return null;
  }
  return isDiverged(state) && durable.line !== null ? partOnPath(position, durable.line.path) : position;
}

export function leftLine(position: Position, line: TimelinePath): boolean {
  if (isOnPath(position, line)) {
    return false;
  }
  const tip = tipOf(position.path);
  const known = tipOf(line);
  const goesOn = line.every((step, index) => {
    const own = position.path[index];
    return own?.timelineId === step.timelineId && own.beganAt === step.beganAt && own.term === step.term;
  });
  /** A newer leader's timeline that this line does not name yet, or one made by hand at its end. */
  return !(goesOn && tip !== undefined && (isUnclaimed(tip.term) || tip.term > (known?.term ?? noTerm)));
}

function withMakers(state: State, marks: readonly TimelineMark[]): TimelinePath {
  const { timelines, leader, line, leading } = state.durable;
  const taught = [...(leader?.path ?? []), ...(line?.path ?? [])];
  return marks.map((mark) => {
    const known = timelines.find((step) => isSameMark(step, mark));
    /** Of a promotion of its own, whatever became of it: frozen, it could have got it from nobody. */
    const own = leading !== null && leading.promotionCalled && !leading.isPromoted ? leading.term : noTerm;
    const term = known?.term ?? own;
    const theirs =
      term === noTerm && learnsFromLeader(state) ? taught.find((step) => isSameMark(step, mark)) : undefined;
    return { timelineId: mark.timelineId, beganAt: mark.beganAt, term: theirs?.term ?? term };
  });
}

/** WAL that came from elsewhere than from the leader may bear the same numbers, and be another timeline. */
function learnsFromLeader({ server, durable, following, metadata, settings }: State): boolean {
  const leader = durable.leader?.node;
  if (server === null || server.isInRecovery === false) {
    return false;
  }
  /** What left the leader's line is not taken for it by numbers that both bear. */
  if (following !== null && !following.isOnLine) {
    return false;
  }
  const upstream = server.receiver?.upstream ?? following?.node ?? durable.attachedTo;
  /** A standby that it is not cascaded from may be an old leader, with a timeline of its own. */
  const isCascaded = metadata.nodes.some(({ id, upstream: its }) => id === settings.self && its === upstream);
  return (
    upstream === null ||
    upstream === leader ||
    (isCascaded && metadata.nodes.some((node) => node.id === upstream && node.upstream !== null))
  );
}

/** A start reads its WAL anew, which has not grown since its end was known: nothing could have received any. */
function isStillKnown({ position, server }: State, path: TimelinePath, lsn: LsnBytes): boolean {
  return (
    position !== null &&
    position.isExact &&
    server !== null &&
    server.receiver === null &&
    server.primaryConninfo === '' &&
    server.isInRecovery !== false &&
    lsn <= position.lsn &&
    path.length <= position.path.length
  );
}

function samePathAsBefore({ position }: State, path: TimelinePath): boolean {
  return (
    position !== null &&
    position.path.length === path.length &&
    tipOf(position.path)?.timelineId === tipOf(path)?.timelineId
  );
}
