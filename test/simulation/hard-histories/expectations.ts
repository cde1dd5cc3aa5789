/** What a named history wants at its end, besides what always must be. */
import { findComplaint } from '../checkers/health.ts';
import type { Decision } from '../../../src/failover/explanation.ts';
import type { World } from '../world/world.ts';

/** @returns what is wrong */
export type Complaint = (world: World) => string | undefined;

/** Nothing ever happened to its server. */
export function servesAllTheTime(node: number): Complaint {
  return (world) => {
    const server = world.nodeOf(node)?.server;
    return server?.incarnation === 1 && server.phase === 'writable'
      ? undefined
      : `node ${node} did not serve all the time`;
  };
}

/** Nobody was ever promoted. */
export const nobodyIsPromoted: Complaint = (world) => {
  const promoted = world.nodes.find(({ server }) => (server?.directory.branch.timeline ?? 1) > 1);
  return promoted === undefined ? undefined : `node ${promoted.id} has left timeline 1`;
};

/** Nobody ever decided so. */
export function nobodyDecidesTo(...decisions: readonly Decision[]): Complaint {
  return ({ nodes, decided }) => {
    for (const { id } of nodes) {
      const taken = decisions.find((decision) => decided.has(`${decision} ${id}`));
      if (taken !== undefined) return `node ${id} decided to ${taken}`;
    }
    return undefined;
  };
}

/** It was restarted without a promotion of anybody. */
export function isRestartedInPlace(node: number): Complaint {
  return (world) => {
    const server = world.nodeOf(node)?.server;
    const isBack = server?.phase === 'writable' && server.incarnation > 1;
    return isBack && server.directory.branch.timeline === 1
      ? undefined
      : `node ${node} was not restarted in place`;
  };
}

/** Somebody else than the first primary leads at the end, and was promoted `times` times at least, all in all. */
export function failsOver(times = 1): Complaint {
  return (world) => {
    const primary = world.nodes.find(({ server }) => server?.phase === 'writable')?.server;
    const timeline = primary?.directory.branch.timeline ?? 0;
    return timeline > times ? undefined : `timeline ${timeline} at the end: fewer than ${times} failovers`;
  };
}

/** This one is the primary at the end. */
export function leads(node: number): Complaint {
  return (world) =>
    world.nodeOf(node)?.server?.phase === 'writable' ? undefined : `node ${node} is not the primary`;
}

/** All is as it should be, nodes that wait for an operator too. */
export const isWell: Complaint = (world) => findComplaint(world, () => false);

export function all(...complaints: readonly Complaint[]): Complaint {
  return (world) => {
    for (const complaint of complaints) {
      const text = complaint(world);
      if (text !== undefined) return text;
    }
    return undefined;
  };
}
