/** A position in the write-ahead log: PostgreSQL's pg_lsn, written as two hexadecimal halves (`16/B374D848`). */
import type { Brand } from './brand.ts';

/** Bytes since the beginning of the write-ahead log. */
export type Lsn = Brand<bigint, 'Lsn'>;

/** @returns undefined where the text is no LSN; leading zeros and lower case are accepted */
export function parseLsn(text: string): Lsn | undefined {
  const match = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(text);
  return match === null ? undefined : toLsn((BigInt(`0x${match[1]}`) << 32n) | BigInt(`0x${match[2]}`));
}

/** Writes an LSN as PostgreSQL does: upper case, no leading zeros. */
export function formatLsn(lsn: Lsn): string {
  const high = lsn >> 32n;
  const low = lsn & 0xffff_ffffn;
  return `${high.toString(16)}/${low.toString(16)}`.toUpperCase();
}

/** @returns undefined where the number of bytes does not fit the 64 bits of an LSN */
export function toLsn(bytes: bigint): Lsn | undefined {
  return bytes >= 0n && bytes < 1n << 64n ? (bytes as Lsn) : undefined;
}

/** How many bytes `from` must move to reach `to`: negative where it is ahead. */
export function bytesBetween(from: Lsn, to: Lsn): number {
  return Number(to - from);
}

export function earlierLsn(one: Lsn, other: Lsn): Lsn {
  return one <= other ? one : other;
}

export function laterLsn(one: Lsn, other: Lsn): Lsn {
  return one >= other ? one : other;
}
