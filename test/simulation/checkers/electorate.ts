/** Who votes, by the truth: the newest record that any node has stored. */
import type { VoterRecord } from '../../../src/failover/voter-record.ts';
import type { World } from '../world/world.ts';

export function newestRecord({ nodes }: World): VoterRecord | undefined {
  let newest: VoterRecord | undefined;
  for (const { daemon } of nodes) {
    const record = daemon.file?.record ?? undefined;
    if (record === undefined) continue;
    const { version } = record;
    if (
      newest === undefined ||
      version.term > newest.version.term ||
      (version.term === newest.version.term && version.number > newest.version.number)
    ) {
      newest = record;
    }
  }
  return newest;
}

/** Whether these nodes are a quorum of the voters, and of those before while a change is pending. */
export function isQuorumNow(
  world: World,
  includes: (node: number) => boolean,
  record = newestRecord(world),
): boolean {
  const all = world.nodes.map(({ id }) => id);
  const sets = record === undefined ? [all] : [record.voters, record.replacedVoters ?? record.voters];
  return sets.every((set) => set.filter(includes).length >= Math.floor(set.length / 2) + 1);
}
