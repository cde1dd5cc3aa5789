import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { askForAdmission } from '../../src/api/admission-client.ts';
import { newInvitation } from '../../src/api/invitation.ts';
import type { TlsFiles } from '../../src/api/certificates.ts';
import { type Authority, hasOpenssl, makeAuthority } from '../support/certificates.ts';
import { node } from './support/view.ts';
import { numbered, startPeer, tell } from './support/peer.ts';

function authority(name: string): Authority {
  const made = makeAuthority(name);
  onTestFinished(() => made.remove());
  return made;
}

/** The three files of a node. */
function filesOf(issuer: Authority, name: string, trusted = issuer): TlsFiles {
  const directory = mkdtempSync(join(tmpdir(), 'repmgr-tls-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const { certificate, key } = issuer.issue(name);
  const put = (file: string, text: string): string => {
    writeFileSync(join(directory, file), text);
    return join(directory, file);
  };
  return {
    certificate: put('node.crt', certificate),
    key: put('node.key', key),
    authority: put('ca.crt', trusted.certificate),
  };
}

/** As a load balancer asks that trusts the authority and has no certificate of its own. */
async function statusOf(address: string, ca: string): Promise<number> {
  return await new Promise((resolve, reject) => {
    const options = { ca, agent: false, checkServerIdentity: () => undefined } as const;
    const asked = request(`https://${address}/primary`, options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('error', reject);
    asked.end();
  });
}

describe.skipIf(!hasOpenssl)('repmgrds with certificates', () => {
  it('talk to each other, hand WAL over, and let anybody read their pages', async () => {
    const ours = authority('ours');
    const one = await startPeer({ id: 1, tls: filesOf(ours, 'node1') });
    const bytes = Buffer.from('some WAL');
    const two = await startPeer({
      id: 2,
      tls: filesOf(ours, 'node2'),
      readWal: async () => ({
        kind: 'bytes',
        length: bytes.length,
        bytes: (async function* () {
          yield bytes;
        })(),
      }),
    });
    one.knows(two);
    await tell(one, two, numbered(1));
    const history = { kind: 'history', timelineId: 2 } as Parameters<typeof one.connections.fetchWal>[1];
    const answer = await one.connections.fetchWal(two.id, history, new AbortController().signal);
    const parts: Uint8Array[] = [];
    if (answer.kind === 'bytes') for await (const part of answer.bytes) parts.push(part);
    expect(Buffer.concat(parts)).toEqual(bytes);
    expect(await statusOf(two.address, ours.certificate)).toBe(200);
  });

  it('let a witness in that has one too, and none that has not', async () => {
    const ours = authority('ours');
    const one = await startPeer({
      id: 1,
      tls: filesOf(ours, 'node1'),
      onAdmission: async () => ({ kind: 'possible' }),
    });
    const { address } = one;
    const token = newInvitation({ cluster: 'test', systemIdentifier: null, address, endsAtMs: 0 });
    const about = { node: node(3), name: 'arbiter', address, priority: 100, force: false, isDryRun: true };
    const { signal } = new AbortController();
    const ask = async (tls: TlsFiles | undefined) =>
      await askForAdmission({ token, request: about, tls, signal });
    expect(await ask(filesOf(ours, 'witness'))).toEqual({ kind: 'possible' });
    await expect(ask(undefined)).rejects.toMatchObject({ code: 'peer_unreachable' });
  });

  it('do not talk to one whose certificate is of another authority, nor to one without', async () => {
    const [ours, others] = [authority('ours'), authority('others')];
    const two = await startPeer({ id: 2, tls: filesOf(ours, 'node2') });
    const stranger = await startPeer({ id: 3, tls: filesOf(others, 'node3', ours) });
    const bare = await startPeer({ id: 4 });
    stranger.knows(two);
    bare.knows(two);
    stranger.connections.send(two.id, numbered(1));
    bare.connections.send(two.id, numbered(2));
    await two.logs('has no certificate of the authority in api_tls_ca_file');
    await stranger.logs('is not reached');
    await bare.logs('is not reached');
    expect(two.received).toEqual([]);
  });

  it('do not trust a listener of another authority', async () => {
    const [ours, others] = [authority('ours'), authority('others')];
    const one = await startPeer({ id: 1, tls: filesOf(ours, 'node1') });
    const impostor = await startPeer({ id: 2, tls: filesOf(others, 'node2', ours) });
    one.knows(impostor);
    one.connections.send(impostor.id, numbered(1));
    await one.logs('is not reached');
    expect(impostor.received).toEqual([]);
  });

  it('use renewed files without a restart', async () => {
    const [old, renewed] = [authority('old'), authority('renewed')];
    const two = await startPeer({ id: 2, tls: filesOf(old, 'node2') });
    await two.renewCertificates(filesOf(renewed, 'node2'));
    const one = await startPeer({ id: 1, tls: filesOf(renewed, 'node1') });
    one.knows(two);
    await tell(one, two, numbered(1));
  });

  it('say which file is to blame', async () => {
    const files = filesOf(authority('ours'), 'node1');
    await expect(startPeer({ id: 1, tls: { ...files, key: '/missing' } })).rejects.toMatchObject({
      code: 'api_certificate_unusable',
      message: 'api_tls_key_file: "/missing" cannot be read',
    });
    await expect(startPeer({ id: 1, tls: { ...files, key: files.authority } })).rejects.toMatchObject({
      code: 'api_certificate_unusable',
    });
  });
});

describe('a listener', () => {
  it('says so where its address is taken, or not one of this host', async () => {
    const one = await startPeer({ id: 1 });
    await expect(startPeer({ id: 2, listen: one.address })).rejects.toMatchObject({
      code: 'api_address_unusable',
      hint: expect.stringContaining('Another program listens there'),
    });
    await expect(startPeer({ id: 2, listen: '192.0.2.1:15432' })).rejects.toMatchObject({
      code: 'api_address_unusable',
      hint: expect.stringContaining('Set "api_listen"'),
    });
  });
});
