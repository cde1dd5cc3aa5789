/**
 * The order in which synchronous standbys change: what the record says and what PostgreSQL waits for differ for a
 * moment, and in each such moment every acknowledged commit must be found by the record (rule 13).
 */
import type { NodeId } from '../model/node.ts';
import type { SynchronousQuorum } from './voter-record.ts';

export type SynchronousChange =
  /** First the record, in force, then PostgreSQL. */
  | { readonly kind: 'record'; readonly to: SynchronousQuorum }
  /** First PostgreSQL, in force and overtaken by enough standbys, then the record. */
  | { readonly kind: 'postgres'; readonly to: SynchronousQuorum; readonly isRaised: boolean }
  /** The record stays, and PostgreSQL is to have this; null: whatever it has. */
  | { readonly kind: 'none'; readonly names: SynchronousQuorum | null };

/** Nobody is waited for. */
export const unsynchronized: SynchronousQuorum = { names: [], required: 0 };
/** Commits wait for whom nobody is. */
export const waitsForNobody: SynchronousQuorum = { names: [], required: 1 };

/** One step from what the record has in force to what is wanted; `told` is what PostgreSQL has, as far as it is known. */
export function nextChange(
  now: SynchronousQuorum,
  wanted: SynchronousQuorum,
  self: NodeId,
  told: SynchronousQuorum | null,
): SynchronousChange {
  if (wanted.required < now.required) {
    return { kind: 'record', to: { names: now.names, required: wanted.required } };
  }
  if (now.required === 0) {
    return wanted.required === 0
      ? withoutQuorum(now, told)
      : { kind: 'postgres', to: wanted, isRaised: true };
  }
  const isNamed = now.names.includes(self);
  const staying = now.names.filter((node) => wanted.names.includes(node));
  const newcomers = wanted.names.filter((node) => !now.names.includes(node));
  /** A leader that is named acknowledges by itself: one other node may take its place. */
  const instead = newcomers.find((node) => told?.names.includes(node) === true) ?? newcomers[0];
  const names = isNamed && instead !== undefined ? [...staying, instead] : staying;
  if (staying.length < now.names.length && names.length >= now.required) {
    return { kind: 'postgres', to: { names, required: now.required }, isRaised: false };
  }
  if (isNamed) {
    return { kind: 'none', names: told ?? withoutSelf(now, self) };
  }
  if (newcomers.length > 0) {
    return { kind: 'record', to: { names: [...now.names, ...newcomers], required: now.required } };
  }
  if (wanted.required > now.required) {
    return { kind: 'postgres', to: { names: now.names, required: wanted.required }, isRaised: true };
  }
  return { kind: 'none', names: now };
}

/** What is safe to tell a PostgreSQL of which nothing is known but that the record covers what it has. */
export function withoutSelf({ names, required }: SynchronousQuorum, self: NodeId): SynchronousQuorum {
  const others = names.filter((node) => node !== self);
  return others.length < required ? { ...waitsForNobody, required } : { names: others, required };
}

/**
 * Whether a change in PostgreSQL may go straight from one to the other: walsenders take it over one by one, so that
 * standbys of both are counted, by the smaller K, and still the record must find each commit.
 */
export function mayMix(
  record: SynchronousQuorum,
  self: NodeId,
  one: SynchronousQuorum,
  other: SynchronousQuorum,
): boolean {
  const strangers = new Set([...one.names, ...other.names].filter((node) => !record.names.includes(node)));
  const own = record.names.includes(self) ? 1 : 0;
  return strangers.size <= Math.min(one.required, other.required) - record.required + own;
}

/** A winner's first names: those of the record; another node in its own place, if it is one of them. */
export function namesOfWinner(
  { names, required }: SynchronousQuorum,
  self: NodeId,
  others: readonly NodeId[],
): SynchronousQuorum {
  if (required === 0 || !names.includes(self)) {
    return { names, required };
  }
  const instead = others.find((node) => node !== self && !names.includes(node));
  const rest = names.filter((node) => node !== self);
  const all = instead === undefined ? rest : [...rest, instead];
  return all.length < required ? { ...waitsForNobody, required } : { names: all, required };
}

export function isSameQuorum(one: SynchronousQuorum | null, other: SynchronousQuorum): boolean {
  return (
    one !== null &&
    one.required === other.required &&
    one.names.length === other.names.length &&
    one.names.every((node) => other.names.includes(node))
  );
}

/** Where there was a quorum once the setting is repmgrd's, and is emptied; else it is the operator's. */
function withoutQuorum(now: SynchronousQuorum, told: SynchronousQuorum | null): SynchronousChange {
  return { kind: 'none', names: now.names.length > 0 || told !== null ? unsynchronized : null };
}
