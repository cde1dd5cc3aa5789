/**
 * A socket to a PostgreSQL server, up to the point where the server waits for the startup message: connected, and
 * encrypted where it was agreed. `pg` gets it ready, so that all of sslmode is decided here.
 */
import { once } from 'node:events';
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Encryption } from './encryption.ts';

/** One way to one server: an address of a host, or a socket file. */
export interface Endpoint {
  /** An IP address, or the path of a unix socket. */
  readonly address: string;
  /** Undefined for a unix socket. */
  readonly port: number | undefined;
}

export interface KeepAlive {
  readonly isOn: boolean;
  /** Of silence before the first probe; 0: the system's default. */
  readonly idleMs: number;
}

/** The server has no TLS, or this port is none of a PostgreSQL. */
export class EncryptionRefused extends Error {
  override readonly name = 'EncryptionRefused';
  /** What to do about it, where that is clear. */
  readonly remedy: string | undefined;

  constructor(message: string, remedy?: string) {
    super(message);
    this.remedy = remedy;
  }
}

/** The TLS handshake failed: certificates, names, versions. */
export class EncryptionFailed extends Error {
  override readonly name = 'EncryptionFailed';
}

/** The number that stands in the place of a protocol version: https://www.postgresql.org/docs/current/protocol-message-formats.html */
const sslRequestCode = 80_877_103;
const cancelRequestCode = 80_877_102;

/** A socket for gigabytes: it reads large pieces at once, into one buffer that is used again and again. */
class BulkSocket extends Socket {
  /** The driver keeps the end of a piece, a message that is not complete, for as long as it likes. */
  handsOutCopies = true;

  constructor() {
    const onread: OnReadOpts = {
      buffer: Buffer.allocUnsafeSlow(limits.bulkReadBytes),
      callback: (byteCount, buffer) => {
        const piece = Buffer.from(buffer.buffer, buffer.byteOffset, byteCount);
        return this.emit('data', this.handsOutCopies ? Buffer.from(piece) : piece);
      },
    };
    // @types/node has it for connect() only: https://nodejs.org/docs/latest-v20.x/api/net.html#new-netsocketoptions
    super({ onread } as SocketConstructorOpts);
  }
}

export function createBulkSocket(): Socket {
  return new BulkSocket();
}

/** From now on whoever listens to `data` uses a piece at once: it is overwritten by the next one. */
export function readInPlace(socket: Socket): void {
  if (socket instanceof BulkSocket) socket.handsOutCopies = false;
}

/**
 * Connects `socket` and agrees on encryption. The caller destroys it when it has waited long enough.
 * @returns `socket` itself, or the TLS socket around it
 * @throws EncryptionRefused, EncryptionFailed, RepmgrError conninfo_invalid (certificates), or the network's error
 */
export async function establish(
  socket: Socket,
  endpoint: Endpoint,
  encryption: Encryption,
  keepAlive: KeepAlive,
): Promise<Socket> {
  await connectSocket(socket, endpoint);
  if (endpoint.port !== undefined) {
    socket.setNoDelay(true);
    socket.setKeepAlive(keepAlive.isOn, keepAlive.idleMs);
  }
  if (encryption.kind === 'plain') {
    return socket;
  }
  const isAgreed = encryption.isDirect || (await requestEncryption(socket));
  if (isAgreed) {
    return startTls(socket, encryption);
  }
  if (encryption.whenRefused === 'continue_plain') {
    return socket;
  }
  throw new EncryptionRefused(
    'the server does not support TLS, but sslmode demands it',
    'Set ssl = on on the server, with a certificate and a key, and reload it; or take another sslmode: docs/connections.md.',
  );
}

/** `pg` connects its stream itself: for one that is connected already, say so at the next turn. */
export function pretendToConnect(socket: Socket): Socket {
  Object.defineProperty(socket, 'connect', {
    value: () => {
      process.nextTick(() => {
        socket.emit('connect');
        // It was paused after the answer to the request for encryption; a listener alone does not make it flow again.
        socket.resume();
      });
      return socket;
    },
  });
  return socket;
}

/** Asks a server to end what one of its sessions is doing. Nobody is told whether it did. */
export function sendCancelRequest(socket: Socket, processId: number, secretKey: number | Buffer): void {
  const key = typeof secretKey === 'number' ? int32(secretKey) : secretKey;
  socket.end(Buffer.concat([int32(12 + key.length), int32(cancelRequestCode), int32(processId), key]));
}

export async function connectSocket(socket: Socket, { address, port }: Endpoint): Promise<void> {
  // Errors are met by whoever waits; without a listener one that comes later would end the process.
  socket.on('error', () => {});
  if (port === undefined) {
    socket.connect(address);
  } else {
    socket.connect(port, address);
  }
  await once(socket, 'connect');
}

export async function requestEncryption(socket: Socket): Promise<boolean> {
  socket.write(Buffer.concat([int32(8), int32(sslRequestCode)]));
  const answer = await firstBytes(socket);
  const letter = answer.toString('latin1', 0, 1);
  // Anything behind the letter was put there by someone in between (CVE-2021-23222).
  if (answer.length !== 1 || (letter !== 'S' && letter !== 'N')) {
    throw new EncryptionRefused('the answer is not one of PostgreSQL');
  }
  return letter === 'S';
}

async function firstBytes(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const onData = (data: Buffer) => {
      socket.pause();
      stop();
      resolve(data);
    };
    const onError = (error: Error) => {
      stop();
      reject(error);
    };
    const onClose = () => onError(new Error('the server closed the connection at once'));
    const stop = () => {
      socket.off('data', onData).off('error', onError).off('close', onClose);
    };
    socket.on('data', onData).on('error', onError).on('close', onClose);
  });
}

async function startTls(socket: Socket, encryption: Encryption & { kind: 'tls' }): Promise<TLSSocket> {
  try {
    const { connect: connectTls } = await import('node:tls');
    const encrypted = connectTls({
      ...(await encryption.options()),
      socket,
      ...(encryption.isDirect ? { ALPNProtocols: ['postgresql'] } : {}),
    });
    encrypted.on('error', () => {});
    await new Promise((resolve, reject) => {
      encrypted.once('secureConnect', resolve).once('error', reject);
      encrypted.once('close', () =>
        reject(new Error('the server closed the connection during the handshake')),
      );
    });
    return encrypted;
  } catch (error) {
    if (error instanceof RepmgrError && !encryption.isOptional) throw error;
    throw new EncryptionFailed(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
}
