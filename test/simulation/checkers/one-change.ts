/**
 * The record changes one step at a time: what a leader changes next, a quorum of the old and of the new voters has
 * stored what was before; and nobody wins by an older record than that of a voter of its.
 */
import type { Durable } from '../../../src/failover/durable.ts';
import type { Message } from '../../../src/failover/messages.ts';
import type { VoterRecord } from '../../../src/failover/voter-record.ts';
import type { Daemon } from '../daemon/daemon.ts';
import type { World } from '../world/world.ts';
import type { Checker } from './watcher.ts';

export class OneChange implements Checker {
  readonly name = 'one change at a time';
  readonly #contents = new Map<string, string>();
  /** The newest record that each node ever stored: who lost its file since could not have won without the others. */
  readonly #stored = new Map<number, VoterRecord>();
  /** The voters of a change that was pending when its leader won: they may have brought it into force. */
  readonly #inherited = new Map<number, readonly number[]>();

  persisted(world: World, daemon: Daemon, before: Durable | undefined, after: Durable): void {
    const old = before?.record ?? null;
    const { record } = after;
    if (record === null || record === old) return;
    this.#judgeVersion(world, record);
    this.#noteStored(daemon.node, record);
    this.#noteInheritance(daemon.node, before, after);
    const isOwn = after.leading !== null && before?.leading?.term === after.leading.term;
    if (old === null || !isOwn || old.version.term !== record.version.term) return;
    // A leader may replace its own pending change by another of the same set.
    const isOfSet = !sameSet(old.voters, record.voters) || record.replacedVoters !== null;
    if (old.replacedVoters === null && !isOfSet) return;
    // Nobody's word is needed there.
    if (daemon.settings.failoverQuorum === 'none') return;
    if (old.replacedVoters !== null && sameSet(old.replacedVoters, record.replacedVoters)) return;
    if (old.replacedVoters !== null && sameSet(old.replacedVoters, record.voters)) return;
    if (this.#leavesOther(daemon.node, old, record)) return;
    for (const set of [...setsOf(old, daemon.node), ...this.#takeInherited(daemon.node, record)]) {
      const stored = set.filter((node) => node === daemon.node || this.#hasStored(node, old));
      if (stored.length >= Math.floor(set.length / 2) + 1) continue;
      world.watchers.violated(
        world,
        this,
        `node ${daemon.node} goes from record ${text(old)} to ${text(record)}, and the first is with nodes ${stored.join()} alone`,
      );
      return;
    }
  }

  messageSent(world: World, from: number, to: number, message: Message): void {
    if (message.kind !== 'voteAnswer' || message.outcome.kind !== 'granted') return;
    const mine = world.nodeOf(from)?.daemon.file?.record ?? null;
    const theirs = world.nodeOf(to)?.daemon.state?.durable.record ?? null;
    if (mine === null || theirs === null || compare(theirs, mine) >= 0) return;
    // First records have no author: the recorded primary, which writes the metadata, goes by the newest.
    if (mine.version.term === 0) return;
    world.watchers.violated(
      world,
      this,
      `node ${from} votes for ${to} by record ${text(theirs)} and has ${text(mine)}`,
    );
  }

  #noteInheritance(node: number, before: Durable | undefined, { leading, record }: Durable): void {
    if (leading === null || record === null || before?.leading?.term === leading.term) return;
    if (record.replacedVoters === null) this.#inherited.delete(node);
    else this.#inherited.set(node, record.voters);
  }

  /** A quorum of them must have stored what a leader put in the place of the change, once that is in force. */
  #takeInherited(node: number, { replacedVoters }: VoterRecord): readonly (readonly number[])[] {
    const voters = this.#inherited.get(node);
    if (voters === undefined || replacedVoters !== null) return [];
    this.#inherited.delete(node);
    return [voters];
  }

  /** A leader takes the other of two out by its own word: what that one stored last needs the vote of both as well. */
  #leavesOther(node: number, { voters, replacedVoters }: VoterRecord, after: VoterRecord): boolean {
    const isToOne = sameSet(after.voters, [node]) && sameSet(voters, after.replacedVoters);
    const other = voters.find((voter) => Number(voter) !== node);
    const stored = other === undefined ? undefined : this.#stored.get(other);
    if (replacedVoters !== null || voters.length !== 2 || !isToOne || stored === undefined) return false;
    return sameSet(stored.voters, voters) || sameSet(voters, stored.replacedVoters);
  }

  #noteStored(node: number, record: VoterRecord): void {
    if (!this.#hasStored(node, record)) this.#stored.set(node, record);
  }

  #hasStored(node: number, record: VoterRecord): boolean {
    const stored = this.#stored.get(node);
    return stored !== undefined && compare(stored, record) >= 0;
  }

  /** A version says what is in it. */
  #judgeVersion(world: World, record: VoterRecord): void {
    const { version, ...content } = record;
    const key = `${version.term}.${version.number}`;
    const known = this.#contents.get(key);
    const now = JSON.stringify([
      content.voters,
      content.replacedVoters,
      content.pause?.requestId ?? null,
      content.synchronous,
    ]);
    if (known !== undefined && known !== now) {
      world.watchers.violated(world, this, `record ${key} is ${known}, and ${now}`);
    }
    this.#contents.set(key, now);
  }
}

/** From a set of two a leader forgets the other on its own word. */
function setsOf({ voters, replacedVoters }: VoterRecord, self: number): readonly (readonly number[])[] {
  if (replacedVoters === null) return [voters];
  const isOwnWord = replacedVoters.length === 2 && voters.length === 1 && Number(voters[0]) === self;
  return isOwnWord ? [voters] : [voters, replacedVoters];
}

function sameSet(one: readonly number[], other: readonly number[] | null): boolean {
  return other !== null && one.length === other.length && one.every((node) => other.includes(node));
}

function compare(one: VoterRecord, other: VoterRecord): number {
  return one.version.term - other.version.term || one.version.number - other.version.number;
}

function text({ version, voters, replacedVoters }: VoterRecord): string {
  const pending = replacedVoters === null ? '' : ` in place of ${replacedVoters.join()}`;
  return `${version.term}.${version.number} {${voters.join()}${pending}}`;
}
