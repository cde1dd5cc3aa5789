/**
 * The unix socket by which commands talk to the repmgrd of their node. Holding it is also the lock that keeps a second
 * repmgrd off the same state file.
 */
import { randomBytes } from 'node:crypto';
import { chmod, link, lstat, rename, unlink } from 'node:fs/promises';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { failure } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Logger } from '../log/logger.ts';
import { type ControlAnswer, type ControlRequest, readControlRequest } from './control-request.ts';
import { LineReader } from './lines.ts';

export interface ControlSocketOptions {
  readonly path: string;
  /** Its signal is aborted when whoever asked has gone. */
  readonly onRequest: (request: ControlRequest, signal: AbortSignal) => Promise<ControlAnswer>;
  readonly log: Logger;
}

export interface ControlSocket {
  /** Lets go of the lock. */
  close(): Promise<void>;
}

/** @throws RepmgrError daemon_runs_already or control_socket_unusable */
export async function startControlSocket(options: ControlSocketOptions): Promise<ControlSocket> {
  const { path } = options;
  const ownPath = `${path}.${randomBytes(4).toString('hex')}`;
  refuseLongPath(ownPath);
  const connections = new Set<Socket>();
  const server = createServer((socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    serve(socket, options);
  });
  await listen(server, ownPath);
  server.on('error', (error) =>
    options.log.warning('the control socket had an error', { detail: error.message }),
  );
  const close = async (): Promise<void> => {
    for (const socket of connections) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  try {
    await takeName(ownPath, path);
  } catch (error) {
    await close();
    throw error;
  }
  const inode = await inodeOf(path);
  return {
    close: async () => {
      if ((await inodeOf(path)) === inode) await unlink(path).catch(() => undefined);
      await close();
    },
  };
}

/** On macOS and FreeBSD, with room for a zero; Linux has some more. What is longer would be cut. */
const longestName = 103;

function refuseLongPath(path: string): void {
  if (Buffer.byteLength(path) <= longestName) return;
  throw failure('control_socket_unusable', {
    message: `the name "${path}" is too long for a unix socket`,
    detail: `It may have ${longestName} bytes.`,
    hint: 'Set "state_directory" in repmgr.conf to a shorter path.',
  });
}

async function listen(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  }).catch((error: unknown) => {
    throw unusable(path, error);
  });
  await chmod(path, 0o600);
}

/**
 * Gives the listening socket its well-known name, unless a living repmgrd has it: a hard link never replaces a file.
 * What a killed one left is replaced in one step, by whoever has the name beside it, which is a hard link as well.
 */
async function takeName(ownPath: string, path: string): Promise<void> {
  const takingPath = `${path}.taking`;
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      if (await isLinked(ownPath, path)) return;
      if (await isAnswered(path)) break;
      if (await isLinked(ownPath, takingPath)) {
        if (await replaceStale(ownPath, path, takingPath)) return;
        break;
      }
      if (await isAnswered(takingPath)) break;
      await unlink(takingPath).catch(() => undefined);
    }
    throw runsAlready(path);
  } finally {
    await unlink(ownPath).catch(() => undefined);
  }
}

async function replaceStale(ownPath: string, path: string, takingPath: string): Promise<boolean> {
  try {
    if (await isAnswered(path)) return false;
    await rename(ownPath, path);
    return true;
  } catch (error) {
    throw unusable(path, error);
  } finally {
    await unlink(takingPath);
  }
}

/** @returns false where the name is taken */
async function isLinked(ownPath: string, path: string): Promise<boolean> {
  try {
    await link(ownPath, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw unusable(path, error);
  }
}

async function isAnswered(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // Only this says that nobody listens; a full queue (EAGAIN) or a lack of rights does not.
    socket.once('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT' && code !== 'ENOTSOCK'),
    );
  });
}

async function inodeOf(path: string): Promise<bigint | undefined> {
  return await lstat(path, { bigint: true }).then(
    ({ ino }) => ino,
    () => undefined,
  );
}

function runsAlready(path: string): Error {
  return failure('daemon_runs_already', {
    message: 'another repmgrd of this node is running',
    detail: `It holds the socket "${path}".`,
    hint: 'See what it does with: repmgr daemon status; stop it before another is started.',
  });
}

function unusable(path: string, error: unknown): Error {
  return failure('control_socket_unusable', {
    message: `the socket "${path}" for commands cannot be made`,
    detail: error instanceof Error ? error.message : String(error),
    hint: 'Let "state_directory" in repmgr.conf be a directory on a local disk that belongs to the user of repmgrd.',
    cause: error,
  });
}

/** One line with the request, one with the answer. */
function serve(socket: Socket, { onRequest, log }: ControlSocketOptions): void {
  const ending = new AbortController();
  const answer = (value: ControlAnswer): void => void socket.end(`${JSON.stringify(value)}\n`);
  const lines = new LineReader({
    maximumBytes: limits.controlRequestBytes,
    onTooLong: () => answer({ kind: 'failed', reason: 'the request is too large' }),
    onLine: (line) => {
      lines.stop();
      const request = readControlRequest(line);
      if (request === undefined) {
        answer({ kind: 'failed', reason: 'this repmgrd does not know the request' });
        return;
      }
      onRequest(request, ending.signal).then(answer, (error: unknown) => {
        log.error('a request of a command failed', { detail: String(error) });
        answer({ kind: 'failed', reason: 'an internal error; the log of repmgrd says more' });
      });
    },
  });
  socket.on('data', (piece: Buffer) => lines.push(piece));
  socket.on('error', () => socket.destroy());
  socket.on('close', () => ending.abort());
  socket.setTimeout(limits.operatorAnswerMs * 2, () => socket.destroy());
}
