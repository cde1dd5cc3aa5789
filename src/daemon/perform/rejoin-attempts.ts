/** How often a rejoin was tried: each way twice at most, then a person has to look (rule 9). */

export type RejoinWay = 'rewind' | 'clone';

const atMost = 2;

export class RejoinAttempts {
  readonly #begun: Record<RejoinWay, number> = { rewind: 0, clone: 0 };

  begin(way: RejoinWay): void {
    this.#begun[way] += 1;
  }

  areUsedUp(way: RejoinWay): boolean {
    return this.#begun[way] >= atMost;
  }

  /** @throws Error where nothing is left to try */
  refuseMore(): void {
    if (this.areUsedUp('clone')) {
      throw new Error(
        'a rejoin has failed twice: find out why, then restart repmgrd, or clone this node by hand',
      );
    }
  }

  succeed(): void {
    this.#begun.rewind = 0;
    this.#begun.clone = 0;
  }
}
