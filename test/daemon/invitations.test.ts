import { describe, expect, it } from 'vitest';
import type { AdmissionRequest } from '../../src/api/admission.ts';
import type { InvitationToken } from '../../src/api/invitation.ts';
import { readToken, writeToken } from '../../src/api/invitation.ts';
import type { Invitation } from '../../src/cluster/state-file.ts';
import { Invitations, isInvitation } from '../../src/daemon/invitations.ts';
import { limits } from '../../src/limits.ts';
import type { NodeId } from '../../src/model/node.ts';

class Kept {
  invitations: readonly Invitation[] = [];
  isFull = false;

  async keepInvitations(invitations: readonly Invitation[]): Promise<void> {
    if (this.isFull) throw new Error('no space left on device');
    this.invitations = invitations;
  }
}

const of = { address: 'node1:15432', systemIdentifier: '73' };

function setUp() {
  const kept = new Kept();
  const clock = { nowMs: 1_000_000 };
  const restarted = () => new Invitations(kept, 'orders', () => clock.nowMs);
  const ask = (token: InvitationToken, node = 3, change: Partial<AdmissionRequest> = {}) =>
    [
      {
        invitation: token.id,
        cluster: token.cluster,
        node: node as NodeId,
        name: `node${node}`,
        address: 'node3:15432',
        priority: 100,
        force: false,
        isDryRun: false,
        ...change,
      },
      (key: string) => key === token.key,
    ] as const;
  return { kept, clock, invitations: restarted(), restarted, ask };
}

describe('an invitation', () => {
  it('is good once, for whoever comes first, also after a restart of repmgrd', async () => {
    const { invitations, restarted, ask } = setUp();
    const token = await invitations.give(of, 60_000);
    const [first, second] = await Promise.all([
      restarted().take(...ask(token, 3)),
      invitations.take(...ask(token, 4)),
    ]);
    expect(isInvitation(first)).toBe(true);
    expect(second).toEqual({ kind: 'used', detail: 'Node 3 came in with it.' });
    expect(await restarted().take(...ask(token, 3))).toMatchObject({ kind: 'used' });
  });

  it('is kept without its key once it was used', async () => {
    const { kept, invitations, ask } = setUp();
    const token = await invitations.give(of, 60_000);
    await invitations.take(...ask(token));
    expect(kept.invitations).toEqual([{ id: token.id, key: '', endsAtMs: 1_060_000, usedBy: 3 }]);
  });

  it('is good again where nothing came of it', async () => {
    const { invitations, ask } = setUp();
    const token = await invitations.give(of, 60_000);
    const taken = await invitations.take(...ask(token));
    if (!isInvitation(taken)) return expect.fail('it was not good');
    await invitations.giveBack(taken);
    expect(isInvitation(await invitations.take(...ask(token, 4)))).toBe(true);
  });

  it('ends when it says so', async () => {
    const { clock, invitations, ask } = setUp();
    const token = await invitations.give(of, 60_000);
    clock.nowMs = token.endsAtMs - 1;
    const [request, isSignedBy] = ask(token);
    clock.nowMs = token.endsAtMs;
    expect(await invitations.take(request, isSignedBy)).toEqual({
      kind: 'expired',
      detail: 'It ended 0 s ago, at 1970-01-01T00:17:40.000Z.',
    });
    clock.nowMs -= 1;
    expect(isInvitation(await invitations.take(request, isSignedBy))).toBe(true);
  });

  it('is nothing to a repmgrd that does not know it, to another cluster, or with another key', async () => {
    const { invitations, ask } = setUp();
    const token = await invitations.give(of, 60_000);
    expect(await invitations.take(...ask({ ...token, id: 'x' }))).toMatchObject({ kind: 'unknown' });
    expect(await invitations.take(...ask({ ...token, key: 'x' }))).toMatchObject({ kind: 'unknown' });
    expect(await invitations.take(...ask(token, 3, { cluster: 'x' }))).toMatchObject({
      kind: 'otherCluster',
    });
    expect(isInvitation(await invitations.take(...ask(token)))).toBe(true);
  });

  it('is given to nobody where it cannot be kept', async () => {
    const { kept, invitations } = setUp();
    kept.isFull = true;
    await expect(invitations.give(of, 60_000)).rejects.toThrow('no space left');
  });

  it('pushes out the oldest where there are too many', async () => {
    const { kept, invitations } = setUp();
    const first = await invitations.give(of, 60_000);
    for (let more = 0; more < limits.invitationsKept; more++) await invitations.give(of, 60_000);
    expect(kept.invitations).toHaveLength(limits.invitationsKept);
    expect(kept.invitations.some(({ id }) => id === first.id)).toBe(false);
  });
});

describe('a token', () => {
  it('is one word that gives back what it was made of', async () => {
    const { invitations } = setUp();
    const token = await invitations.give(of, 60_000);
    const word = writeToken(token);
    expect(word).toMatch(/^repmgr-invitation-[\w-]+$/);
    expect(readToken(`  ${word}\n`)).toEqual(token);
  });

  it('is none where a part of it is missing, or something else', async () => {
    const { invitations } = setUp();
    const word = writeToken(await invitations.give(of, 60_000));
    for (const text of ['', 'token', word.slice(1), word.slice(0, -9), `repmgr-invitation-${btoa('{}')}`]) {
      expect(readToken(text), text).toBeUndefined();
    }
  });
});
