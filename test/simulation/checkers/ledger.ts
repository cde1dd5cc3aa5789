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
      let count = 0;
      for (let index = commits.length - 1; index >= 0 && (commits[index]?.lsn ?? 0) > common; index -= 1)
        count += 1;
      missing.push(...commits.splice(commits.length - count, count));
    }
    return missing;
  }
}
