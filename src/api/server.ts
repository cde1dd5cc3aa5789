/** The listener of repmgrd: the other repmgrds talk to it, and anybody may read its pages. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { failure } from '../errors.ts';
import { limits } from '../limits.ts';
import { certificateUnusable, readCertificates, type TlsFiles } from './certificates.ts';
import { type AdmissionService, serveAdmission } from './incoming-admission.ts';
import { IncomingConnection } from './incoming-connection.ts';
import { addressToListenAt } from './listen-address.ts';
import { NodeClaims } from './node-claims.ts';
import { type PageSource, renderPage } from './pages.ts';
import type { PeerService } from './peer-service.ts';
import { nonceHeader, type ProtocolVersions, protocolVersions, upgradeName } from './protocol.ts';
import { Refusals } from './refusals.ts';
import type { Purpose } from './signature.ts';

export interface ApiServerOptions
  extends Omit<PeerService, 'versions' | 'refusals' | 'claims'>,
    Pick<AdmissionService, 'onAdmission'>,
    PageSource {
  /** Told in a sentence of what was refused, and should not have come: each kind now and then. */
  readonly onRefused: (sentence: string) => void;
  /** HOST:PORT; port 0 takes a free one. */
  readonly listen: string;
  /** Undefined: without TLS. */
  readonly tls?: TlsFiles | undefined;
  /** Unlike that of any earlier start of this repmgrd. */
  readonly bootNonce: string;
  /** For tests of how versions understand each other. */
  readonly versions?: ProtocolVersions;
  readonly signal: AbortSignal;
}

export interface ApiServer {
  /** HOST:PORT that it listens at. */
  readonly address: string;
  /** Reads the certificate files again; connections that are open stay. */
  renewCertificates(files: TlsFiles): Promise<void>;
  close(): Promise<void>;
}

/** @throws RepmgrError api_address_unusable, api_name_unresolved or api_certificate_unusable */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const listener = new Listener(options);
  const server = await makeServer(options);
  server.maxConnections = limits.apiConnections;
  server.requestTimeout = limits.apiRequestMs;
  server.headersTimeout = limits.apiRequestMs;
  server.on(
    'request',
    (request: IncomingMessage, response: ServerResponse) => void listener.serve(request, response),
  );
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) =>
    listener.accept(request, socket, head),
  );
  server.on('clientError', (_error, socket) => socket.destroy());
  const address = await listen(server, options);
  const close = async (): Promise<void> => {
    listener.close();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  if (options.signal.aborted) await close();
  options.signal.addEventListener('abort', () => void close(), { once: true });
  return { address, renewCertificates: async (files) => await renew(server, files), close };
}

/** What happens on its connections. */
class Listener {
  readonly #options: ApiServerOptions;
  readonly #service: PeerService & AdmissionService;
  readonly #open = new Set<{ close(): void }>();
  #accepted = 0;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    const { versions = protocolVersions, log, onRefused } = options;
    const refusals = new Refusals(log, onRefused);
    this.#service = { ...options, versions, refusals, claims: new NodeClaims() };
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '/' } = request;
    request.resume();
    if (method !== 'GET' && method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    try {
      const { status, type, body } = await renderPage(url, this.#options);
      response.writeHead(status, {
        'content-type': type,
        'content-length': Buffer.byteLength(body),
        'cache-control': 'no-store',
      });
      response.end(method === 'HEAD' ? undefined : body);
    } catch (error) {
      this.#options.log.warning('a page of repmgrd could not be made', { detail: String(error) });
      if (!response.headersSent) response.writeHead(500);
      response.end();
    }
  }

  accept(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const { url, headers } = request;
    if (!isPurpose(url) || headers.upgrade !== upgradeName) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n', () => socket.destroy());
    } else if (this.#options.tls !== undefined && !(socket as TLSSocket).authorized) {
      const who = socket.remoteAddress ?? 'somebody';
      const message = `${who} has no certificate of the authority in api_tls_ca_file`;
      this.#service.refusals.tell('noAuthority', who, message);
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n', () => socket.destroy());
    } else {
      this.#begin(socket, url, head);
    }
  }

  close(): void {
    for (const connection of this.#open) connection.close();
  }

  #begin(socket: Socket, purpose: Purpose, head: Buffer): void {
    const nonce = `${this.#options.bootNonce}.${++this.#accepted}`;
    socket.setTimeout(0);
    socket.setNoDelay(true).setKeepAlive(true, limits.keepaliveIdleMs);
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${upgradeName}\r\n${nonceHeader}: ${nonce}\r\n\r\n`,
    );
    if (head.length > 0) socket.unshift(head);
    const connection =
      purpose === '/join'
        ? { close: () => void socket.destroy() }
        : new IncomingConnection(this.#service, socket, purpose, nonce);
    if (purpose === '/join') serveAdmission(this.#service, socket, nonce);
    this.#open.add(connection);
    socket.once('close', () => this.#open.delete(connection));
  }
}

function isPurpose(path: string | undefined): path is Purpose {
  return path === '/peer' || path === '/wal' || path === '/metadata' || path === '/join';
}

async function makeServer({ tls }: ApiServerOptions): Promise<Server | SecureServer> {
  if (tls === undefined) return createServer();
  const certificates = await readCertificates(tls);
  try {
    // Readers of the pages need none; other repmgrds do.
    return createSecureServer({ ...certificates, requestCert: true, rejectUnauthorized: false });
  } catch (error) {
    throw certificateUnusable('the certificate files of repmgrd do not fit together', error);
  }
}

async function renew(server: Server | SecureServer, files: TlsFiles): Promise<void> {
  const certificates = await readCertificates(files);
  if (!('setSecureContext' in server)) return;
  try {
    server.setSecureContext(certificates);
  } catch (error) {
    throw certificateUnusable('the certificate files of repmgrd do not fit together', error);
  }
}

async function listen(server: Server | SecureServer, options: ApiServerOptions): Promise<string> {
  const { host, port } = await addressToListenAt(options.listen);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, resolve);
  }).catch((error: NodeJS.ErrnoException) => {
    throw failure('api_address_unusable', {
      message: `repmgrd cannot listen at ${options.listen}`,
      detail: error.message,
      hint: hintOf(error.code),
      cause: error,
    });
  });
  server.removeAllListeners('error').on('error', (error) => {
    options.log.warning('the listener of repmgrd had an error', { detail: error.message });
  });
  const { address, port: taken } = server.address() as AddressInfo;
  return address.includes(':') ? `[${address}]:${taken}` : `${address}:${taken}`;
}

function hintOf(code: string | undefined): string {
  return code === 'EADDRINUSE'
    ? 'Another program listens there, or another repmgrd of this node: set "api_listen" in repmgr.conf to a free port.'
    : 'Set "api_listen" in repmgr.conf to HOST:PORT of this host.';
}
