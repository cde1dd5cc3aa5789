/** Commits that some client was told to be made, by the WAL branch they lie on. */
import { type Branch, commonLsn, type WalPosition } from '../world/wal.ts';

export interface Acknowledged {
  readonly branch: Branch;
  readonly lsn: number;
  readonly atMs: number;
}

export class Ledger {
  readonly #branches = new Map<Branch, Acknowledged[]>();

  add(commit: Acknowledged): void {
    const commits = this.#branches.get(commit.branch);
    if (commits === undefined) this.#branches.set(commit.branch, [commit]);
    else commits.push(commit);
  }

  /** Those that the WAL up to here does not contain; each is reported once. */
  takeMissing(position: WalPosition): Acknowledged[] {
    const missing: Acknowledged[] = [];
    for (const [branch, commits] of this.#branches) {
      if (branch === position.branch) continue;
      const common = commonLsn(position, { branch, lsn: Number.POSITIVE_INFINITY });
      missing.push(...commits.filter(({ lsn }) => lsn > common));
      this.#branches.set(
        branch,
        commits.filter(({ lsn }) => lsn <= common),
      );
    }
    return missing;
  }

  takeAll(): Acknowledged[] {
    const all = [...this.#branches.values()].flat();
    this.#branches.clear();
    return all;
  }
}
