/** One node as far as its repmgrd talks: a listener and connections to the others, on the loopback. */
import { onTestFinished } from 'vitest';
import type { TlsFiles } from '../../../src/api/certificates.ts';
import { openPeerConnections, type PeerConnections } from '../../../src/api/peer-connections.ts';
import { type ApiServerOptions, startApiServer } from '../../../src/api/server.ts';
import type { Message } from '../../../src/failover/messages.ts';
import type { Logger, LogParts } from '../../../src/log/logger.ts';
import type { NodeId } from '../../../src/model/node.ts';
import { waitUntil } from '../../../src/system/clock.ts';
import { leaderView, node } from './view.ts';

export interface PeerOptions extends Partial<Omit<ApiServerOptions, 'log' | 'signal' | 'tls'>> {
  readonly id: number;
  /** A node's own address, which another life of it takes again. */
  readonly listen?: string;
  readonly tls?: TlsFiles;
  readonly cluster?: string;
  readonly systemIdentifier?: string | null;
  readonly secretVersion?: number;
  /** Told where another node knows none of its secrets. */
  readonly onUnknownSecret?: () => void;
}

export interface Peer {
  readonly id: NodeId;
  readonly address: string;
  readonly connections: PeerConnections;
  readonly renewCertificates: (files: TlsFiles) => Promise<void>;
  readonly received: { readonly from: NodeId; readonly message: Message }[];
  readonly logged: string[];
  /** What it reports of refusals. */
  readonly refusals: readonly string[];
  /** What it knows of the others' addresses. */
  knows(...others: readonly Peer[]): void;
  /** It learns its system identifier. */
  belongsTo(systemIdentifier: string): void;
  /** Waits until a message came in that fits. */
  hears(fits: (message: Message) => boolean): Promise<void>;
  logs(text: string): Promise<void>;
  end(): Promise<void>;
}

export const secretOfTests = 'a secret of tests';

export async function startPeer(options: PeerOptions): Promise<Peer> {
  const id = node(options.id);
  const received: Peer['received'] = [];
  const logged: string[] = [];
  const refusals: string[] = [];
  const log = collectingLogger(logged);
  const ending = new AbortController();
  let systemIdentifier = options.systemIdentifier === undefined ? '73' : options.systemIdentifier;
  const identity = () => ({ self: id, clusterName: options.cluster ?? 'test', systemIdentifier });
  const secrets = options.secrets ?? (() => [secretOfTests]);
  const server = await startApiServer({
    listen: '127.0.0.1:0',
    isKnownNode: (other) => other < 10,
    lookAgain: async () => undefined,
    onRefused: (sentence) => refusals.push(sentence),
    bootNonce: `boot of node ${options.id}`.replaceAll(' ', '-'),
    onMessage: (from, message) => received.push({ from, message }),
    onSecrets: () => {},
    readWal: async () => ({ kind: 'refused', reason: 'none here' }),
    tellMetadata: async () => 'nothing',
    onAdmission: async () => ({ kind: 'unknown', detail: 'nobody was invited' }),
    view: () => leaderView(),
    decisions: () => [],
    ...options,
    identity,
    secrets,
    log,
    signal: ending.signal,
  });
  const connections = openPeerConnections({
    identity,
    secrets: () => ({ secrets: secrets(), secretVersion: options.secretVersion ?? 0 }),
    onUnknownSecret: options.onUnknownSecret ?? (() => {}),
    tls: () => options.tls,
    peers: new Map(),
    ...(options.versions === undefined ? {} : { versions: options.versions }),
    log,
    signal: ending.signal,
  });
  const end = async (): Promise<void> => {
    ending.abort();
    await server.close();
  };
  onTestFinished(end);
  const until = async (what: string, condition: () => boolean): Promise<void> => {
    const isSo = await waitUntil(async () => (condition() ? true : undefined), {
      deadlineMs: 10_000,
      intervalMs: 5,
    });
    if (isSo === undefined)
      throw new Error(`node ${id}: ${what} did not happen; its log: ${logged.join('\n')}`);
  };
  return {
    id,
    address: server.address,
    connections,
    renewCertificates: async (files) => await server.renewCertificates(files),
    received,
    logged,
    refusals,
    knows: (...others) => connections.setPeers(new Map(others.map((it) => [it.id, it.address]))),
    belongsTo: (identifier) => {
      systemIdentifier = identifier;
    },
    hears: async (fits) => await until('the message', () => received.some(({ message }) => fits(message))),
    logs: async (text) => await until(`the line "${text}"`, () => logged.some((line) => line.includes(text))),
    end,
  };
}

/** Says a thing until it was heard: the connection may not be there yet, or any more. */
export async function tell(from: Peer, to: Peer, message: Message): Promise<void> {
  const before = to.received.length;
  const heard = await waitUntil(
    async () => {
      from.connections.send(to.id, message);
      return to.received.length > before ? true : undefined;
    },
    { deadlineMs: 10_000, intervalMs: 20 },
  );
  if (heard === undefined) throw new Error(`node ${to.id} did not hear it; ${from.logged.join('\n')}`);
}

/** A message whose number tells it apart. */
export function numbered(term: number): Message {
  return { kind: 'termGivenUp', term } as Message;
}

export function termOf(message: Message): number {
  return 'term' in message ? message.term : -1;
}

function collectingLogger(lines: string[]): Logger {
  const write = (level: string) => (message: string, parts?: LogParts) =>
    void lines.push([`${level}: ${message}`, parts?.detail, parts?.hint].filter(Boolean).join(' | '));
  return {
    log: (level, message, parts) => write(level)(message, parts),
    debug: write('DEBUG'),
    info: write('INFO'),
    notice: write('NOTICE'),
    warning: write('WARNING'),
    error: write('ERROR'),
    isEnabled: () => true,
    close: async () => {},
  };
}
