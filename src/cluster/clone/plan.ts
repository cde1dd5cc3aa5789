/** Decides how a clone is made, or why not. Pure: facts in, steps in words out. */
import { formatSize } from '../../model/size.ts';
import type { RecoverySettings } from '../../postgres/recovery-config.ts';
import { refuseUnsuitableSource } from './check-source.ts';
import { refuseLackOfSpace } from './check-space.ts';
import { refuseUnusableTarget } from './check-target.ts';
import { refuseUnsuitableUpstream } from './check-upstream.ts';
import { refuseUnsupportedWish } from './check-wish.ts';
import type { CloneFacts } from './inspect.ts';
import {
  externalFilesStep,
  planExternalFiles,
  type PlannedFile,
  remarksOnExternalFiles,
} from './plan-external-files.ts';
import { planMethod, type PlannedMethod } from './plan-method.ts';
import { type PlannedSlot, planSlot, slotStep } from './plan-slot.ts';
import { recoverySettings } from './recovery-settings.ts';
import type { Remark } from './remark.ts';
import { remarksOn } from './remarks.ts';
import type { SourceFacts } from './source.ts';
import type { CloneWish } from './wish.ts';

export type StepKind =
  | 'restore'
  | 'create slot'
  | 'prepare'
  | 'copy'
  | 'verify'
  | 'keep configuration'
  | 'copy configuration'
  | 'write recovery settings'
  | 'finish'
  | 'clean';

export interface CloneStep {
  readonly kind: StepKind;
  readonly text: string;
}

export interface ClonePlan {
  readonly steps: readonly CloneStep[];
  readonly remarks: readonly Remark[];
  readonly method: PlannedMethod;
  readonly dataDirectory: string;
  /** Of those outside of the data directory: where each lies on the source, and where it goes. */
  readonly tablespaces: readonly { readonly from: string; readonly to: string }[];
  /** Undefined: within the data directory. */
  readonly walDirectory: string | undefined;
  /** The slot of the new standby. */
  readonly slot: PlannedSlot | undefined;
  readonly recoverySettings: RecoverySettings;
  /** Of the source, from outside of its data directory. */
  readonly externalFiles: readonly PlannedFile[];
}

/** @throws RepmgrError for everything that speaks against the clone, the first reason */
export function planClone(facts: CloneFacts, wish: CloneWish): ClonePlan {
  refuseUnsuitableSource(facts.source, wish);
  if (facts.source.replication.refusal !== undefined) throw facts.source.replication.refusal;
  refuseUnsupportedWish(facts, wish);
  refuseUnsuitableUpstream(facts, wish);
  refuseUnusableTarget(facts, wish);
  const slot = planSlot(facts, wish);
  const { method, remarks } = planMethod(facts, wish, slot);
  refuseLackOfSpace(facts, wish);
  const externalFiles = planExternalFiles(facts, wish);
  const plan = {
    remarks: [...remarksOn(facts, wish), ...remarks, ...remarksOnExternalFiles(externalFiles)],
    method,
    dataDirectory: facts.target.directory.path,
    tablespaces: [...facts.tablespaceTargets].map(([from, { directory }]) => ({ from, to: directory.path })),
    walDirectory: facts.walDirectory?.directory.path,
    slot,
    recoverySettings: recoverySettings(wish, facts, slot?.name),
    externalFiles,
  };
  return { ...plan, steps: stepsOf(plan, facts) };
}

function stepsOf(plan: Omit<ClonePlan, 'steps'>, facts: CloneFacts): CloneStep[] {
  const { source, target } = facts;
  const { dataDirectory, slot, method, tablespaces, externalFiles } = plan;
  const isReplacing = target.directory.content.kind === 'postgresql';
  const from = `${source.host}:${source.port}${sizeOf(source)}`;
  const further =
    tablespaces.length === 0
      ? ''
      : ` and ${tablespaces.length} ${tablespaces.length === 1 ? 'tablespace' : 'tablespaces'}`;
  const steps: (CloneStep | undefined)[] = [
    isInterrupted(facts) && {
      kind: 'restore',
      text: `clear away what an interrupted clone left in "${dataDirectory}"`,
    },
    slot && { kind: 'create slot', text: slotStep(slot) },
    {
      kind: 'prepare',
      text: isReplacing
        ? `move aside what is in "${dataDirectory}", to be kept until the clone is done`
        : `prepare the directory "${dataDirectory}"`,
    },
    { kind: 'copy', text: `copy the data directory${further} of ${from} with the method ${method.name}` },
    method.name === 'pg_basebackup' && method.verifier !== undefined
      ? { kind: 'verify', text: 'compare the copy with its manifest by pg_verifybackup' }
      : undefined,
    isReplacing
      ? { kind: 'keep configuration', text: 'keep the configuration files of this node' }
      : undefined,
    externalFiles.length > 0
      ? { kind: 'copy configuration', text: externalFilesStep(externalFiles) }
      : undefined,
    { kind: 'write recovery settings', text: 'write the recovery settings' },
    { kind: 'finish', text: `put the copy in place in "${dataDirectory}"` },
    {
      kind: 'clean',
      text: isReplacing ? 'remove what was moved aside' : 'remove the temporary directory of the copy',
    },
  ];
  return steps.filter((step) => step !== undefined);
}

function isInterrupted({ target, tablespaceTargets, walDirectory }: CloneFacts): true | undefined {
  const all = [target, walDirectory, ...tablespaceTargets.values()];
  return all.some((directory) => directory?.interrupted !== undefined) ? true : undefined;
}

function sizeOf({ tablespaces }: SourceFacts): string {
  const sizes = tablespaces.map(({ sizeBytes }) => sizeBytes);
  if (sizes.includes(undefined)) return '';
  return ` (${formatSize(sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0))})`;
}
