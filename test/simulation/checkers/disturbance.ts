/** Which nodes a fault touches at the moment: what others do is to be judged without them. */
import type { Fault } from '../history/faults.ts';
import type { World } from '../world/world.ts';

export class Disturbance {
  readonly #active = new Map<Fault, readonly number[]>();
  #lastEndAt = 0;

  begin(world: World, fault: Fault, node: number | undefined): void {
    this.#active.set(fault, touchedNodes(world, fault, node));
  }

  end(world: World, fault: Fault): void {
    this.#active.delete(fault);
    this.#lastEndAt = world.schedule.now;
  }

  get lastEndAt(): number {
    return this.#lastEndAt;
  }

  get isOver(): boolean {
    return this.#active.size === 0;
  }

  touches(node: number): boolean {
    for (const nodes of this.#active.values()) if (nodes.includes(node)) return true;
    return false;
  }
}

const touchesAll: ReadonlySet<Fault['kind']> = new Set([
  'slowNetwork',
  'split',
  'request',
  'delayMessages',
  'register',
  'unregister',
  'setSynchronousQuorum',
]);

export function touchedNodes(world: World, fault: Fault, node: number | undefined): readonly number[] {
  const all = world.nodes.map(({ id }) => id as number);
  if (touchesAll.has(fault.kind)) return all;
  if (fault.kind === 'cutOneWay' || fault.kind === 'cutBothWays') {
    // Between a primary and a standby it is the standby that is cut off.
    const ends = [fault.from, fault.to].filter((end): end is number => typeof end === 'number');
    const standbys = ends.filter((end) => world.nodeOf(end)?.server?.isWritable !== true);
    return ends.length === 2 && standbys.length > 0 ? standbys : all;
  }
  return node === undefined ? all : [node];
}
