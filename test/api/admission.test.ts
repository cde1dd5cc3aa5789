import { describe, expect, it } from 'vitest';
import type { AdmissionAnswer, AdmissionRequest } from '../../src/api/admission.ts';
import { askForAdmission } from '../../src/api/admission-client.ts';
import { newInvitation } from '../../src/api/invitation.ts';
import { seal, unseal } from '../../src/api/sealing.ts';
import type { NodeId } from '../../src/model/node.ts';
import { startPeer } from './support/peer.ts';
import { startRelay } from './support/relay.ts';

const { signal } = new AbortController();
const secretFacts = `{"secrets":["${'s'.repeat(64)}"],"nodes":"${'n'.repeat(20_000)}"}`;
const request = {
  node: 3 as NodeId,
  name: 'arbiter',
  address: '127.0.0.1:7003',
  priority: 100,
  force: false,
  isDryRun: false,
};

function tokenFor(address: string) {
  return newInvitation({ cluster: 'test', systemIdentifier: '73', address, endsAtMs: 0 });
}

describe('a witness that shows its invitation', () => {
  it('is told of the cluster, and nobody on the way can read it or the key', async () => {
    const asked: AdmissionRequest[] = [];
    let key = '';
    const one = await startPeer({
      id: 1,
      onAdmission: async (found, isSignedBy) => {
        asked.push(found);
        return isSignedBy(key)
          ? { kind: 'admitted', key, facts: secretFacts }
          : { kind: 'unknown', detail: 'another key' };
      },
    });
    const relay = await startRelay(one.address);
    const token = tokenFor(relay.address);
    key = token.key;
    const answer = await askForAdmission({ token, request, tls: undefined, signal });
    expect(answer).toEqual({ kind: 'admitted', facts: secretFacts });
    expect(asked).toEqual([{ ...request, invitation: token.id, cluster: 'test' }]);
    const seen = relay.seen();
    expect(seen).toContain(token.id);
    for (const secret of [token.key, 's'.repeat(64)]) expect(seen).not.toContain(secret);
  });

  it.each<AdmissionAnswer>([
    { kind: 'possible' },
    { kind: 'used', detail: 'Node 4 came in with it.' },
    { kind: 'refused', code: 'node_id_taken', message: 'taken', detail: 'by node 3', hint: 'another id' },
  ])('is answered $kind in words', async (said) => {
    const one = await startPeer({ id: 1, onAdmission: async () => said });
    const token = tokenFor(one.address);
    expect(await askForAdmission({ token, request, tls: undefined, signal })).toEqual(said);
  });

  it('believes no answer but of whom its token is from', async () => {
    const one = await startPeer({
      id: 1,
      onAdmission: async () => ({ kind: 'admitted', key: 'somebody else', facts: secretFacts }),
    });
    await expect(
      askForAdmission({ token: tokenFor(one.address), request, tls: undefined, signal }),
    ).rejects.toMatchObject({
      code: 'peer_unreachable',
      detail: 'its answer is not of whom the token is from',
    });
  });
});

describe('a witness that asks for the metadata', () => {
  it('gets them from a node of its cluster, encrypted, and tells where it is reached', async () => {
    const told: unknown[] = [];
    const one = await startPeer({ id: 1 });
    const two = await startPeer({
      id: 2,
      tellMetadata: async (from, { address, events }) => {
        told.push([from, address, events]);
        return secretFacts;
      },
    });
    one.knows(two);
    const events = [{ name: 'repmgrd_start', isSuccessful: true, details: 'any', atMs: 1 }];
    const asking = { address: '10.0.0.3:15432', events };
    expect(await one.connections.fetchMetadata(two.id, asking, signal)).toBe(secretFacts);
    expect(told).toEqual([[1, '10.0.0.3:15432', events]]);
  });

  it('gets them by the older of two secrets, and none without one', async () => {
    const two = await startPeer({ id: 2, secrets: () => ['old'], tellMetadata: async () => 'the metadata' });
    const one = await startPeer({ id: 1, secrets: () => ['new', 'old'] });
    const stranger = await startPeer({ id: 3, secrets: () => ['stolen'] });
    one.knows(two);
    stranger.knows(two);
    const asking = { address: '10.0.0.3:15432', events: [] };
    expect(await one.connections.fetchMetadata(two.id, asking, signal)).toBe('the metadata');
    await expect(stranger.connections.fetchMetadata(two.id, asking, signal)).rejects.toThrow(
      'another secret',
    );
  });

  it('is told why not in words, where its events cannot be kept', async () => {
    const one = await startPeer({ id: 1 });
    const two = await startPeer({
      id: 2,
      tellMetadata: async () => {
        throw new Error('the primary is gone');
      },
    });
    one.knows(two);
    const asking = { address: '10.0.0.3:15432', events: [] };
    await expect(one.connections.fetchMetadata(two.id, asking, signal)).rejects.toThrow(
      'the primary is gone',
    );
  });

  it('is told where it is not registered any more', async () => {
    const one = await startPeer({ id: 1 });
    const two = await startPeer({ id: 2, isKnownNode: () => false });
    one.knows(two);
    await expect(
      one.connections.fetchMetadata(two.id, { address: '10.0.0.3:15432', events: [] }, signal),
    ).rejects.toThrow('not registered there any more');
  });
});

describe('what is sealed', () => {
  const common = { secret: 'a secret', purpose: '/join', nonce: 'boot.1' } as const;

  it('is read with the same secret for the same connection only', () => {
    const sealed = seal('Zürich', common);
    expect(unseal(sealed, common)).toBe('Zürich');
    expect(unseal(sealed, { ...common, secret: 'another' })).toBeUndefined();
    expect(unseal(sealed, { ...common, nonce: 'boot.2' })).toBeUndefined();
    expect(unseal(sealed, { ...common, purpose: '/metadata' })).toBeUndefined();
    expect(seal('Zürich', common)).not.toBe(sealed);
  });

  it('is not read where a character of it was changed, or it was cut', () => {
    const sealed = seal('text', common);
    const other = sealed.startsWith('A') ? 'B' : 'A';
    for (const changed of [other + sealed.slice(1), sealed.slice(0, -3), '', 'AAAA']) {
      expect(unseal(changed, common), changed).toBeUndefined();
    }
  });
});
