/**
 * `--replication-conf-only`: decides whether a data directory that was copied by other means can become a standby, and
 * what is written for that. Pure.
 */
import { failure, type RepmgrError } from '../../errors.ts';
import { replicationSlotName } from '../../model/node.ts';
import type { ControlFile } from '../../postgres/control-file.ts';
import type { DirectoryContent } from '../../postgres/data-directory.ts';
import type { RecoverySettings } from '../../postgres/recovery-config.ts';
import { refuseUnsuitableSource } from './check-source.ts';
import { refuseUnusableDirectory } from './check-target.ts';
import { refuseUnsuitableUpstream } from './check-upstream.ts';
import { refuseTooOldSource } from './check-wish.ts';
import type { CloneFacts } from './inspect.ts';
import { type PlannedSlot, planSlot, slotHolder, slotStep } from './plan-slot.ts';
import { recoverySettings } from './recovery-settings.ts';
import type { Remark } from './remark.ts';
import { aboutUpstream } from './remarks.ts';
import type { CloneWish } from './wish.ts';

export interface AttachFacts extends CloneFacts {
  /** Of the data directory; undefined where it has none that can be read. */
  readonly control: ControlFile | undefined;
  /** It is a base backup that no server has recovered yet. */
  readonly hasBackupLabel: boolean;
  /** What its recovery settings say until now. */
  readonly slotName: string | undefined;
}

export interface AttachStep {
  readonly kind: 'create slot' | 'write recovery settings';
  readonly text: string;
}

export interface AttachPlan {
  readonly steps: readonly AttachStep[];
  readonly remarks: readonly Remark[];
  readonly dataDirectory: string;
  readonly slot: PlannedSlot | undefined;
  readonly recoverySettings: RecoverySettings;
  /** A server works in the directory: it has to be restarted. */
  readonly isRunning: boolean;
}

type DataDirectory = Extract<DirectoryContent, { readonly kind: 'postgresql' }>;

/** @throws RepmgrError for everything that speaks against it, the first reason */
export function planAttach(facts: AttachFacts, wish: CloneWish): AttachPlan {
  refuseUnsuitableSource(facts.source, wish);
  if (facts.source.replication.refusal !== undefined) throw facts.source.replication.refusal;
  refuseTooOldSource(facts, wish);
  refuseUnsuitableUpstream(facts, wish);
  const { serverProcessId } = refuseUnattachable(facts, wish);
  const isRunning = serverProcessId !== undefined;
  const keepsSlot = isRunning && usesItsSlot(facts, wish);
  const slot = keepsSlot ? undefined : planSlot(facts, wish);
  const { path: dataDirectory } = facts.target.directory;
  const steps: (AttachStep | undefined)[] = [
    slot && { kind: 'create slot', text: slotStep(slot) },
    { kind: 'write recovery settings', text: `write the recovery settings in "${dataDirectory}"` },
  ];
  return {
    steps: steps.filter((step) => step !== undefined),
    remarks: [aboutUpstream(facts), aboutFormerPrimary(facts)].filter((remark) => remark !== undefined),
    dataDirectory,
    slot,
    recoverySettings: settingsToWrite(wish, facts, keepsSlot ? facts.slotName : slot?.name),
    isRunning,
  };
}

/** The server streams from the slot that it is to have. */
function usesItsSlot(facts: AttachFacts, wish: CloneWish): boolean {
  const { slotName } = facts;
  if (!wish.usesSlot || wish.node === undefined || slotName !== replicationSlotName(wish.node.id))
    return false;
  return slotHolder(facts, wish).slots?.some(({ name, isActive }) => name === slotName && isActive) === true;
}

/** What fetches WAL for a restored backup stays, unless repmgr.conf says otherwise: without it recovery may not end. */
function settingsToWrite(wish: CloneWish, facts: CloneFacts, slotName: string | undefined): RecoverySettings {
  const all = recoverySettings(wish, facts, slotName);
  const always = ['primary_conninfo', 'primary_slot_name', 'recovery_target_timeline'];
  return Object.fromEntries(
    Object.entries(all).filter(([name, value]) => value !== undefined || always.includes(name)),
  );
}

function refuseUnattachable({ target, source }: CloneFacts, { mayReplace }: CloneWish): DataDirectory {
  refuseUnusableDirectory(target, 'data directory');
  const { path, content } = target.directory;
  if (target.interrupted !== undefined) {
    throw unusable(
      `a clone was interrupted in the data directory "${path}"`,
      'What is in it is no complete copy.',
      'Clone it again, without --replication-conf-only.',
    );
  }
  if (content.kind !== 'postgresql') {
    throw unusable(
      `"${path}" is not a data directory of PostgreSQL`,
      content.kind === 'absent' ? 'It does not exist.' : 'It has no PG_VERSION.',
      'Copy the server into it first, name the right directory with -D, or clone without --replication-conf-only.',
    );
  }
  const { systemIdentifier } = source.replication.identity ?? {};
  if (content.systemIdentifier !== systemIdentifier) {
    throw failure('system_identifier_differs', {
      message: `the data directory "${path}" belongs to another cluster than the source`,
      detail: `Its system identifier is ${content.systemIdentifier ?? 'not known'}, that of ${source.host}:${source.port} is ${systemIdentifier}.`,
      hint: 'Name the right directory with -D, and the right server with -h.',
    });
  }
  if (content.majorVersion !== source.version.major) {
    throw failure('server_version_differs', {
      message: 'the data directory is of another major version of PostgreSQL than the source',
      detail: `"${path}" is of version ${content.majorVersion ?? 'unknown'}, the source of ${source.version.major}.`,
      hint: 'Name the right directory with -D, and the right server with -h.',
    });
  }
  if (content.serverProcessId !== undefined && !mayReplace) {
    throw unusable(
      `a PostgreSQL server is running in the data directory "${path}"`,
      `Its process id is ${content.serverProcessId}.`,
      `Stop it first: pg_ctl -D "${path}" stop; or add --force, and restart it afterwards.`,
    );
  }
  return content;
}

/** A cold copy of the primary is fine; a former primary that wrote on alone is not, and nobody looks at that here. */
function aboutFormerPrimary({ control, hasBackupLabel, target }: AttachFacts): Remark | undefined {
  const isOfStandby = control === undefined || /recovery/.test(control.state);
  if (hasBackupLabel || isOfStandby) return undefined;
  return {
    level: 'warning',
    message: `the server of "${target.directory.path}" was a primary when it ran last`,
    detail: `Its control file says "${control.state}", and there is no backup_label. If it wrote anything that the source does not have, it will never stream.`,
    hint: 'To have that checked use: repmgr -h HOST -D DIRECTORY standby follow',
  };
}

function unusable(message: string, detail: string, hint: string): RepmgrError {
  return failure('clone_target_unusable', { message, detail, hint });
}
