import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { ApiView } from '../../src/api/view.ts';
import { startPeer } from './support/peer.ts';
import { leaderView, node, standbyView } from './support/view.ts';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

async function get(address: string, path: string, method = 'GET'): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const asked = request(`http://${address}${path}`, { method, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text }),
      );
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** What one node answers while it is as it is said. */
async function pageOf(view: ApiView, path: string): Promise<readonly [number, string]> {
  const peer = await startPeer({ id: 1, view: () => view });
  const { status, text } = await get(peer.address, path);
  await peer.end();
  return [status, (JSON.parse(text) as { readonly reason?: string }).reason ?? ''];
}

const pause = { reason: 'an upgrade', leftMs: 60_000, leader: node(1) };

describe('/primary', () => {
  it.each<[number, string, ApiView]>([
    [200, 'primary', leaderView()],
    [200, 'primary', leaderView({ pause, leadership: { isInContact: false } })],
    [503, 'it does not lead', standbyView()],
    [503, 'PostgreSQL is down', leaderView({ server: { condition: 'crashed' } })],
    [
      503,
      'PostgreSQL is hanging: it accepts no connection',
      leaderView({ server: { condition: 'hanging' } }),
    ],
    [503, 'PostgreSQL is not writable', leaderView({ leadership: { stage: 'promoting' } })],
    [503, 'PostgreSQL is not writable', leaderView({ server: { isInRecovery: true } })],
    [503, 'PostgreSQL is not writable', leaderView({ server: { isInRecovery: null } })],
    [503, 'commits wait until other nodes answer', leaderView({ leadership: { isHolding: true } })],
    [503, 'too few other nodes answer', leaderView({ leadership: { isInContact: false } })],
  ])('is %i: %s', async (status, reason, view) => {
    expect(await pageOf(view, '/primary')).toEqual([status, reason]);
  });
});

describe('/replica', () => {
  it.each<[number, string, string, ApiView]>([
    [200, 'standby', '', standbyView()],
    [503, 'PostgreSQL is not in recovery', '', leaderView()],
    [503, 'it does not stream', '', standbyView({ server: { isStreaming: false } })],
    [503, 'it was the primary, and follows no new one yet', '', standbyView({ server: { isFenced: true } })],
    [503, 'PostgreSQL is starting up', '', standbyView({ server: { condition: 'starting' } })],
    [200, 'standby', '?lag=96', standbyView()],
    [503, 'it lags behind by 96 bytes', '?lag=95', standbyView()],
    [503, 'how far it lags behind is not known', '?lag=95', standbyView({ server: { lagBytes: null } })],
    [503, 'it does not stream', '?lag=1000', standbyView({ server: { isStreaming: false } })],
  ])('is %i: %s (%s)', async (status, reason, query, view) => {
    expect(await pageOf(view, `/replica${query}`)).toEqual([status, reason]);
  });

  it.each(['x', '-1', '1.5', '', '1MB'])('wants a number of bytes, not "%s"', async (lag) => {
    expect((await pageOf(standbyView(), `/replica?lag=${lag}`))[0]).toBe(400);
  });
});

describe('/health', () => {
  it.each<[number, ApiView]>([
    [200, leaderView()],
    [200, standbyView()],
    [200, standbyView({ server: { condition: 'none' } })],
    [503, leaderView({ server: { condition: 'stalled' } })],
    [503, leaderView({ server: { condition: 'shutDown' } })],
    [503, leaderView({ server: { condition: 'unknown' } })],
  ])('is %i', async (status, view) => {
    expect((await pageOf(view, '/health'))[0]).toBe(status);
  });
});

describe('the other pages of a repmgrd', () => {
  it('show the cluster as this node sees it, and its decisions', async () => {
    const decisions = [
      {
        at: 1_700_000_000_000,
        node: node(1),
        term: 3,
        rule: 4,
        decision: 'win',
        sentence: 'node1 leads',
        evidence: { votes: [1, 2] },
      },
    ] as const;
    const peer = await startPeer({ id: 1, view: () => leaderView(), decisions: () => decisions });
    expect(JSON.parse((await get(peer.address, '/cluster')).text)).toEqual(leaderView());
    expect(JSON.parse((await get(peer.address, '/decisions')).text)).toEqual({ decisions });
  });

  it('show metrics in the format of Prometheus, without those that are not known', async () => {
    const peer = await startPeer({ id: 1, view: () => leaderView() });
    const { status, type, text } = await get(peer.address, '/metrics');
    expect([status, type]).toEqual([200, 'text/plain; version=0.0.4']);
    const lines = text.split('\n');
    expect(lines).toContain('# TYPE repmgr_term gauge');
    expect(lines).toContain('repmgr_term{cluster="test",node="node1"} 3');
    expect(lines).toContain('repmgr_leader{cluster="test",node="node1"} 1');
    expect(lines).toContain('# TYPE repmgr_messages_sent_total counter');
    expect(lines).toContain('repmgr_messages_sent_total{cluster="test",node="node1"} 12');
    expect(lines).toContain('repmgr_peer_seen_seconds{peer="node2",cluster="test",node="node1"} 0.12');
    expect(text).not.toContain('repmgr_server_lag_bytes');
    expect(text).not.toContain('null');
    const again = await get(peer.address, '/metrics');
    expect(again.text.split('\n').length).toBe(lines.length);
  });

  it('can only be read', async () => {
    const peer = await startPeer({ id: 1, view: () => leaderView() });
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      expect((await get(peer.address, '/primary', method)).status, method).toBe(405);
    }
    expect(await get(peer.address, '/primary', 'HEAD')).toMatchObject({ status: 200, text: '' });
  });

  it('are named where one is asked for that does not exist', async () => {
    const peer = await startPeer({ id: 1, view: () => leaderView() });
    for (const path of ['/', '/primary/', '/secret', '//evil', '/%ff']) {
      const { status, text } = await get(peer.address, path);
      expect(status, path).toBe(404);
      expect(text).toContain('/replica?lag=BYTES');
    }
  });

  it('tell of a defect in the log, and no more than that to the reader', async () => {
    const peer = await startPeer({
      id: 1,
      view: () => {
        throw new Error('no view');
      },
    });
    expect(await get(peer.address, '/cluster')).toMatchObject({ status: 500, text: '' });
    expect(peer.logged.join()).toContain('no view');
  });
});
