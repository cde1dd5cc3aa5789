/** Histories that somebody once found on paper: a calm cluster, and exactly what the story says. */
import type { NodeId } from '../../../src/model/node.ts';
import type { Fault } from '../history/faults.ts';
import type { HistoryOptions, NodeOptions } from '../history/options.ts';
import { all, type Complaint, isWell } from './expectations.ts';
import { Random } from '../world/random.ts';
import { plainSettings } from '../../support/failover-settings.ts';

export interface NamedHistory {
  /** As in the list of hard histories. */
  readonly name: string;
  /** The rules of the design that it would break. */
  readonly rules: string;
  readonly variants: readonly Variant[];
}

export interface Variant {
  readonly name: string;
  readonly options: (seed: number) => HistoryOptions;
  /** What must be so at the end, besides what always must. */
  readonly complaint?: Complaint;
}

export interface Story {
  readonly nodes: number;
  /** The last node is one. */
  readonly hasWitness?: boolean;
  readonly settings?: Partial<NodeOptions['settings']>;
  /** For one node, over the others. */
  readonly settingsOf?: Readonly<Record<number, Partial<NodeOptions['settings']>>>;
  readonly hosts?: Readonly<Record<number, Partial<NodeOptions['host']>>>;
  readonly upstreams?: Readonly<Record<number, number>>;
  readonly options?: Partial<Omit<HistoryOptions, 'nodes' | 'seed'>>;
  /** Nodes that come later, by a fault that registers them. */
  readonly unregistered?: readonly number[];
  readonly faults: readonly Fault[];
  /** From the first second on; the faults' own times count from it. */
  readonly quietAtMs: number;
}

/** An operator takes it on himself that there is no quorum. */
export const forcedPromotion = { kind: 'request', request: { kind: 'promote', isForced: true } } as const;

/** When all daemons lead or follow, and faults may begin. */
export const beginMs = 5_000;
const settleMs = 36_000;

/** The same story with its small times a little different for each seed. */
export function tell(story: Story): (seed: number) => HistoryOptions {
  return (seed) => {
    const random = new Random(seed);
    const nodes: NodeOptions[] = [];
    for (let id = 1; id <= story.nodes; id += 1) {
      const isWitness = story.hasWitness === true && id === story.nodes;
      nodes.push({
        id,
        isWitness,
        upstream: id === 1 || isWitness ? null : (story.upstreams?.[id] ?? 1),
        hasReplayDelay: false,
        isRegistered: story.unregistered?.includes(id) !== true,
        host: {
          clockRate: 1,
          disk: { syncMs: random.between(0.5, 3), slowChance: 0 },
          hasOneDisk: true,
          ...story.hosts?.[id],
        },
        settings: {
          ...plainSettings,
          ...story.settings,
          ...story.settingsOf?.[id],
          ...(isWitness ? { priority: 0 } : {}),
          self: id as NodeId,
        },
      });
    }
    return {
      seed,
      nodes,
      primary: 1,
      link: {
        delayMs: random.between(0.2, 2),
        jitterMs: random.between(0.1, 1),
        lossChance: 0,
        duplicateChance: 0,
        lateChance: 0,
        lateMs: 0,
      },
      habits: {
        recoveryMs: 200,
        longRecoveryChance: 0,
        longRecoveryMs: 0,
        promotionMs: 30,
        promotionFailChance: 0,
        promotionBlockChance: 0,
        promotionBlockMs: 0,
        startFailChance: 0,
        reloadMs: 5,
        slowReloadChance: 0,
        slowReloadMs: 0,
        replayMs: 10,
        receiverRetryMs: 1_000,
        receiverLingerChance: 0,
        receiverLingerMs: 3_000,
      },
      clients: { intervalMs: 100, commitBytes: 500 },
      writeStallMs: 10_000,
      serviceStartMs: 1_000,
      repmgrdRestartMs: 500,
      faults: story.faults.map((fault) => ({
        ...fault,
        atMs: beginMs + fault.atMs + random.between(0, 400),
      })),
      quietAtMs: beginMs + story.quietAtMs,
      endAtMs: beginMs + story.quietAtMs + settleMs,
      ...story.options,
    };
  };
}

/** One variant, after which all has to be as it should be, besides what is wanted of it. */
export function toldOf(
  name: string,
  faults: readonly Fault[],
  complaint: Complaint,
  story: Partial<Story> = {},
): Variant {
  return {
    name,
    options: tell({ nodes: 3, faults, quietAtMs: 40_000, ...story }),
    complaint: all(complaint, isWell),
  };
}
