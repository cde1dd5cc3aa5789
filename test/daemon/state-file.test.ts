import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stateFilePath } from '../../src/cluster/state-file.ts';
import { noFacts } from '../../src/cluster/cluster-facts.ts';
import { durableOf, readStateFile, StateFile } from '../../src/daemon/state-file.ts';
import { emptyDurable } from '../../src/failover/initial-state.ts';
import type { Term } from '../../src/failover/term.ts';
import type { NodeId } from '../../src/model/node.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'repmgr-state-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const self = 1 as NodeId;
const ownerOf = (clusterName = 'orders', node = self) => ({
  stateDirectory: directory,
  clusterName,
  self: node,
});
const durable = { ...emptyDurable, term: 7 as Term };
const facts = {
  ...noFacts,
  nodes: [
    {
      id: self,
      role: 'primary' as const,
      upstreamNodeId: undefined,
      clusterName: 'orders',
      name: 'node1',
      conninfo: 'host=node1',
      slotName: undefined,
      priority: 100,
      isActive: true,
    },
  ],
  addresses: [[self, 'node1:15432'] as const],
  secrets: ['new', 'old'],
};

describe('the state file', () => {
  it('gives back what was written, closed to others, and leaves nothing beside it', async () => {
    const file = new StateFile(ownerOf(), null, noFacts);
    await Promise.all([file.keepFacts(facts), file.persist(durable)]);
    expect(await readStateFile(ownerOf())).toEqual({ kind: 'read', durable, facts, invitations: [] });
    expect((await stat(stateFilePath(ownerOf()))).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(['orders-1.json']);
  });

  it('has a name of its own for each node of each cluster', () => {
    expect(stateFilePath(ownerOf('a/b c', 12 as NodeId))).toBe(join(directory, 'a%2Fb%20c-12.json'));
  });

  it('binds to nothing where there never was one', async () => {
    const content = await readStateFile(ownerOf());
    expect(content).toEqual({ kind: 'missing' });
    expect(durableOf(content)).toBeNull();
  });

  it.each([
    ['', 'it is empty'],
    ['{"kind":"repmgrd state","for', 'it is truncated, or no JSON'],
    ['[1, 2]', 'it was not written by this version of repmgrd'],
  ])('is lost, and kept beside, where it cannot be believed: %j', async (text, problem) => {
    await writeFile(stateFilePath(ownerOf()), text);
    const content = await readStateFile(ownerOf());
    const keptAs = `${stateFilePath(ownerOf())}.damaged`;
    expect(content).toEqual({ kind: 'lost', problem, keptAs });
    expect(await readFile(keptAs, 'utf8')).toBe(text);
    expect(durableOf(content)).toMatchObject({ hasLostState: true, term: 0 });
  });

  it('is not taken from another node or cluster', async () => {
    await new StateFile(ownerOf('billing', 2 as NodeId), durable, facts).persist(durable);
    const text = await readFile(stateFilePath(ownerOf('billing', 2 as NodeId)));
    await writeFile(stateFilePath(ownerOf()), text);
    expect(await readStateFile(ownerOf())).toMatchObject({
      kind: 'lost',
      problem: 'it belongs to node 2 of cluster "billing"',
    });
  });

  it('is lost where what it says of votes makes no sense', async () => {
    await new StateFile(ownerOf(), null, facts).persist({ ...durable, term: 'seven' as unknown as Term });
    expect(await readStateFile(ownerOf())).toMatchObject({
      kind: 'lost',
      problem: 'what it says of terms and votes makes no sense',
    });
  });

  it('is closed to others again where somebody opened it', async () => {
    await new StateFile(ownerOf(), null, facts).persist(durable);
    await chmod(stateFilePath(ownerOf()), 0o644);
    await readStateFile(ownerOf());
    expect((await stat(stateFilePath(ownerOf()))).mode & 0o777).toBe(0o600);
  });

  it('tells when it cannot be written, and is written the next time', async () => {
    const file = new StateFile(ownerOf(), null, facts);
    await file.persist(durable);
    await rm(directory, { recursive: true });
    await expect(file.persist({ ...durable, term: 8 as Term })).rejects.toThrow('ENOENT');
    await mkdir(directory);
    await file.persist({ ...durable, term: 9 as Term });
    expect(await readStateFile(ownerOf())).toMatchObject({ kind: 'read', durable: { term: 9 } });
  });

  it('is an error with a hint where it may not be read', async () => {
    await new StateFile(ownerOf(), null, facts).persist(durable);
    const path = stateFilePath(ownerOf());
    await rm(path);
    await mkdir(path);
    await expect(readStateFile(ownerOf())).rejects.toMatchObject({
      code: 'state_file_unreadable',
      hint: expect.stringContaining(`ls -l ${path}`),
    });
  });
});
