/** Which servers of a stopped sandbox are started again: never a second primary. */
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SandboxNode } from './place.ts';
import type { NodeState } from './status.ts';

export interface RestartFacts {
  readonly id: number;
  readonly name: string;
  readonly state: NodeState;
  /** Whether it will be a standby when it starts. */
  readonly isStandby: boolean;
  /** The newest one that it has WAL of; 0 where there is none. */
  readonly timeline: number;
}

export interface RestartPlan {
  /** Ids, the primary first. */
  readonly start: readonly number[];
  readonly left: readonly LeftNode[];
}

/** A node whose server is not started. */
export interface LeftNode {
  readonly id: number;
  readonly name: string;
  readonly because: 'it was primary before another' | 'it is frozen' | 'it has no data yet';
}

/** Looks at a data directory whose server does not run. */
export async function restartFacts(
  { id, name, dataDirectory }: SandboxNode,
  state: NodeState,
): Promise<RestartFacts> {
  const marks = await Promise.all(
    ['standby.signal', 'recovery.conf'].map((file) => exists(join(dataDirectory, file))),
  );
  const segments = await readdir(join(dataDirectory, 'pg_wal')).catch(() => []);
  const timelines = segments
    .filter((segment) => /^[0-9A-F]{24}/.test(segment))
    .map((segment) => Number.parseInt(segment.slice(0, 8), 16));
  return { id, name, state, isStandby: marks.includes(true), timeline: Math.max(0, ...timelines) };
}

/**
 * Pure. Of several servers that would start as primaries, only the one on the newest timeline may: the others were
 * primaries before it was promoted.
 */
export function planRestart(nodes: readonly RestartFacts[]): RestartPlan {
  const down = nodes.filter(({ state }) => state === 'stopped' || state === 'crashed');
  const formerPrimaries = down
    .filter(({ isStandby }) => !isStandby)
    .toSorted((left, right) => right.timeline - left.timeline || left.id - right.id);
  const running = nodes.find(({ state }) => state === 'primary');
  const primary = running ?? formerPrimaries[0];
  const started = [
    ...formerPrimaries.filter((node) => node === primary),
    ...down.filter(({ isStandby }) => isStandby),
  ];
  return { start: started.map(({ id }) => id), left: nodes.flatMap((node) => leftOut(node, started)) };
}

function leftOut(node: RestartFacts, started: readonly RestartFacts[]): readonly LeftNode[] {
  const { id, name, state } = node;
  if (state === 'frozen') return [{ id, name, because: 'it is frozen' }];
  if (state === 'empty') return [{ id, name, because: 'it has no data yet' }];
  const isDown = state === 'stopped' || state === 'crashed';
  return isDown && !started.includes(node) ? [{ id, name, because: 'it was primary before another' }] : [];
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
