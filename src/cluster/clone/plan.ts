/** Decides how a clone is made, or why not. Pure: facts in, steps in words out. */
import { failure } from '../../errors.ts';
import type { Conninfo } from '../../model/conninfo.ts';
import type { RecoverySettings } from '../../postgres/recovery-config.ts';
import { refuseUnsuitableSource } from './check-source.ts';
import { refuseLackOfSpace } from './check-space.ts';
import { refuseUnusableTarget } from './check-target.ts';
import { refuseUnsuitableUpstream } from './check-upstream.ts';
import { type CloneFacts, outerTablespaces, tablespaceTarget } from './inspect.ts';
import { type PlannedSlot, planSlot } from './plan-slot.ts';
import { recoverySettings } from './recovery-settings.ts';
import type { BackupMethod, CloneWish } from './wish.ts';

export type StepKind =
  | 'restore'
  | 'create slot'
  | 'prepare'
  | 'copy'
  | 'keep configuration'
  | 'write recovery settings'
  | 'finish'
  | 'clean';

export interface CloneStep {
  readonly kind: StepKind;
  readonly text: string;
}

export interface ClonePlan {
  readonly steps: readonly CloneStep[];
  /** What is worth a WARNING. */
  readonly warnings: readonly string[];
  readonly method: BackupMethod;
  readonly dataDirectory: string;
  /** Of those outside of the data directory: where each lies on the source, and where it goes. */
  readonly tablespaces: readonly { readonly from: string; readonly to: string }[];
  /** The slot of the new standby. */
  readonly slot: PlannedSlot | undefined;
  /** A temporary slot holds the WAL on the source while it is copied. */
  readonly usesTemporarySlot: boolean;
  readonly recoverySettings: RecoverySettings;
  readonly primary: Conninfo | undefined;
}

/** @throws RepmgrError for everything that speaks against the clone, the first reason */
export function planClone(facts: CloneFacts, wish: CloneWish): ClonePlan {
  refuseUnsuitableSource(facts.source, wish);
  refuseUnsuitableUpstream(facts, wish);
  refuseUnknownMappings(facts, wish);
  refuseUnusableTarget(facts, wish);
  const isSpaceKnown = refuseLackOfSpace(facts);
  const slot = planSlot(facts, wish);
  const { path: dataDirectory } = facts.target.directory;
  const tablespaces = outerTablespaces(facts.source).map((from) => ({
    from,
    to: facts.tablespaceTargets.get(from)?.directory.path ?? tablespaceTarget(wish, from),
  }));
  const { metadata } = facts;
  const plan = {
    warnings: isSpaceKnown
      ? []
      : ['the size of the source is not shown to this role: free space was not checked'],
    method: 'protocol' as const,
    dataDirectory,
    tablespaces,
    slot,
    usesTemporarySlot: slot?.isOnSource !== true,
    recoverySettings: recoverySettings(wish, facts, slot?.name),
    primary:
      metadata.kind === 'found' && metadata.primary.kind === 'found' ? metadata.primary.conninfo : undefined,
  };
  return { ...plan, steps: stepsOf(plan, facts) };
}

function stepsOf(plan: Omit<ClonePlan, 'steps'>, facts: CloneFacts): CloneStep[] {
  const { source, target } = facts;
  const { dataDirectory, slot } = plan;
  const isReplacing = target.directory.content.kind === 'postgresql';
  const from = `${source.host}:${source.port}`;
  const steps: (CloneStep | undefined)[] = [
    target.interrupted && {
      kind: 'restore',
      text: `clear away what an interrupted clone left in "${dataDirectory}"`,
    },
    slot && {
      kind: 'create slot',
      text: slot.isNew
        ? `create replication slot "${slot.name}" on ${slot.holderName}`
        : `take over replication slot "${slot.name}" on ${slot.holderName}`,
    },
    {
      kind: 'prepare',
      text: isReplacing
        ? `move aside what is in "${dataDirectory}", to be kept until the clone is done`
        : `prepare the directory "${dataDirectory}"`,
    },
    { kind: 'copy', text: `copy ${from} (${plan.method})` },
    isReplacing
      ? { kind: 'keep configuration', text: 'keep the configuration files of this node' }
      : undefined,
    { kind: 'write recovery settings', text: 'write the recovery settings' },
    { kind: 'finish', text: `put the copy in place in "${dataDirectory}"` },
    { kind: 'clean', text: isReplacing ? 'remove what was moved aside' : 'remove temporary directories' },
  ];
  return steps.filter((step) => step !== undefined);
}

function refuseUnknownMappings({ source }: CloneFacts, wish: CloneWish): void {
  const known = outerTablespaces(source);
  const unknown = wish.copy.tablespaceMapping.find(({ from }) => !known.includes(from));
  if (unknown === undefined) return;
  throw failure('clone_options_contradict', {
    message: `"${unknown.from}" of tablespace_mapping is no tablespace of the source`,
    detail:
      known.length === 0
        ? 'The source has no tablespaces outside of its data directory.'
        : `Its tablespaces lie in: ${known.map((location) => `"${location}"`).join(', ')}.`,
    hint: 'Correct tablespace_mapping in repmgr.conf; paths are compared as the source writes them.',
  });
}
