/** failover=manual on a standby, and the primary fails: it votes, and streams from nobody until an operator comes. */
import { all, type Complaint, failsOver } from './expectations.ts';
import { type NamedHistory, tell } from './named-history.ts';

function streamsFrom(node: number, upstream: number | undefined): Complaint {
  return (world) => {
    const found = world.nodeOf(node)?.server?.receiver.stream?.upstream.node;
    return found === upstream ? undefined : `node ${node} streams from ${found ?? 'nobody'}`;
  };
}

const manual = { settingsOf: { 3: { failover: 'manual' } } } as const;
const faults = [{ kind: 'losePower', atMs: 1_000, target: 1, forMs: 50_000 }] as const;

export const leftToItsOperator: NamedHistory = {
  name: '65 left to its operator',
  rules: '4',
  variants: [
    {
      name: 'nobody comes',
      options: tell({ nodes: 3, ...manual, faults, quietAtMs: 20_000 }),
      complaint: all(failsOver(), streamsFrom(3, undefined)),
    },
    {
      name: 'repmgrd restarts',
      options: tell({
        nodes: 3,
        ...manual,
        faults: [...faults, { kind: 'killRepmgrd', atMs: 12_000, target: 3, forMs: 500 }],
        quietAtMs: 20_000,
      }),
      complaint: all(failsOver(), streamsFrom(3, undefined)),
    },
    {
      name: 'an operator comes',
      options: tell({
        nodes: 3,
        ...manual,
        faults: [...faults, { kind: 'followByHand', atMs: 15_000, target: 3 }],
        quietAtMs: 20_000,
      }),
      complaint: all(failsOver(), streamsFrom(3, 2)),
    },
  ],
};
