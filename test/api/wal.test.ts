import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { WalAnswer, WalRequest } from '../../src/api/wal-request.ts';
import { limits } from '../../src/limits.ts';
import { startPeer } from './support/peer.ts';
import { startRelay } from './support/relay.ts';

const range = { kind: 'range', timelineId: 1, fromLsn: 0x3000000, toLsn: 0x3800000 } as WalRequest;
const { signal } = new AbortController();

/** The same bytes each time, in pieces as a file gives them. */
const wal = randomBytes(8 * 1024 * 1024);

async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
}

async function allOf(answer: WalAnswer): Promise<Buffer> {
  if (answer.kind === 'refused') throw new Error(answer.reason);
  const parts: Uint8Array[] = [];
  for await (const piece of answer.bytes) parts.push(piece);
  return Buffer.concat(parts);
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('WAL that is asked for', () => {
  it('arrives whole, and the request as it was made', async () => {
    const asked: WalRequest[] = [];
    const one = await startPeer({ id: 1 });
    const two = await startPeer({
      id: 2,
      readWal: async (request) => {
        asked.push(request);
        return request.kind === 'history'
          ? { kind: 'bytes', length: 5, bytes: pieces(Buffer.from('1\t0/0')) }
          : { kind: 'bytes', length: wal.length, bytes: pieces(wal) };
      },
    });
    one.knows(two);
    expect(digest(await allOf(await one.connections.fetchWal(two.id, range, signal)))).toBe(digest(wal));
    const history = { kind: 'history', timelineId: 2 } as WalRequest;
    expect((await allOf(await one.connections.fetchWal(two.id, history, signal))).toString()).toBe('1\t0/0');
    expect(asked).toEqual([range, history]);
  });

  it('is refused in words where it cannot be had', async () => {
    const one = await startPeer({ id: 1 });
    const two = await startPeer({
      id: 2,
      readWal: async () => ({ kind: 'refused', reason: 'it was removed' }),
    });
    const three = await startPeer({
      id: 3,
      readWal: async () => {
        throw new Error('no such segment');
      },
    });
    one.knows(two, three);
    const { connections } = one;
    expect(await connections.fetchWal(two.id, range, signal)).toEqual({
      kind: 'refused',
      reason: 'it was removed',
    });
    expect(await connections.fetchWal(three.id, range, signal)).toEqual({
      kind: 'refused',
      reason: 'no such segment',
    });
  });

  it('is not read at all for whoever is not of this cluster, or asks for too much', async () => {
    const one = await startPeer({ id: 1 });
    const stranger = await startPeer({ id: 4, secrets: () => ['another secret'] });
    let reads = 0;
    const two = await startPeer({
      id: 2,
      readWal: async () => {
        reads++;
        return { kind: 'refused', reason: 'any' };
      },
    });
    one.knows(two);
    stranger.knows(two);
    const refusal = await stranger.connections.fetchWal(two.id, range, signal);
    expect(refusal).toEqual({ kind: 'refused', reason: 'the other node knows another secret' });
    const tooMuch = { ...range, toLsn: 0x3000000 + limits.walRangeBytes + 1 } as WalRequest;
    expect((await one.connections.fetchWal(two.id, tooMuch, signal)).kind).toBe('refused');
    expect(reads).toBe(0);
  });

  it('is found by the older secret where the other node does not know the newer one', async () => {
    const one = await startPeer({ id: 1, secrets: () => ['new', 'old'] });
    const readWal = async (): Promise<WalAnswer> => ({
      kind: 'bytes',
      length: wal.length,
      bytes: pieces(wal),
    });
    const two = await startPeer({ id: 2, secrets: () => ['old'], readWal });
    one.knows(two);
    expect((await allOf(await one.connections.fetchWal(two.id, range, signal))).length).toBe(wal.length);
  });

  it('that was changed on its way is not believed', async () => {
    const one = await startPeer({ id: 1 });
    const readWal = async (): Promise<WalAnswer> => ({
      kind: 'bytes',
      length: wal.length,
      bytes: pieces(wal),
    });
    const two = await startPeer({ id: 2, readWal });
    let passed = 0;
    const relay = await startRelay(two.address, (piece) => {
      passed += piece.length;
      if (passed < 1_000_000 || passed > 1_200_000) return piece;
      const changed = Buffer.from(piece);
      changed.writeUInt8(changed.readUInt8(0) ^ 1, 0);
      return changed;
    });
    one.connections.setPeers(new Map([[two.id, relay.address]]));
    const answer = await one.connections.fetchWal(two.id, range, signal);
    await expect(allOf(answer)).rejects.toMatchObject({
      code: 'peer_unreachable',
      detail: 'the signature of its WAL is wrong',
    });
  });

  it('that breaks off, or fails in the middle, is not believed', async () => {
    const one = await startPeer({ id: 1 });
    async function* failing(): AsyncGenerator<Buffer> {
      yield wal.subarray(0, 1_000_000);
      throw new Error('the disk is broken');
    }
    const two = await startPeer({
      id: 2,
      readWal: async () => ({ kind: 'bytes', length: wal.length, bytes: failing() }),
    });
    one.knows(two);
    const answer = await one.connections.fetchWal(two.id, range, signal);
    await expect(allOf(answer)).rejects.toMatchObject({ code: 'peer_unreachable', detail: 'it broke off' });
  });

  it('is no longer waited for when whoever asked gives up', async () => {
    const one = await startPeer({ id: 1 });
    const two = await startPeer({ id: 2, readWal: async () => await new Promise(() => {}) });
    one.knows(two);
    const giving = AbortSignal.timeout(100);
    await expect(one.connections.fetchWal(two.id, range, giving)).rejects.toMatchObject({
      code: 'peer_unreachable',
    });
  });

  it('cannot be fetched from a node that is not known, or not there', async () => {
    const [one, two] = [await startPeer({ id: 1 }), await startPeer({ id: 2 })];
    await expect(one.connections.fetchWal(two.id, range, signal)).rejects.toMatchObject({
      code: 'peer_unreachable',
    });
    one.knows(two);
    await two.end();
    await expect(one.connections.fetchWal(two.id, range, signal)).rejects.toMatchObject({
      code: 'peer_unreachable',
    });
  });
});
