/** Asks the repmgrd of this node something, over its control socket. */
import { createConnection } from 'node:net';
import { failure } from '../errors.ts';
import type { ControlAnswer, ControlRequest } from './control-request.ts';
import { parseJson } from './json.ts';

export interface Asking {
  readonly path: string;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

type AnswerTo<Request extends ControlRequest> = Extract<ControlAnswer, { readonly kind: Request['kind'] }>;

/** @throws RepmgrError daemon_not_running, daemon_silent, or interrupted */
export async function askDaemon<Request extends ControlRequest>(
  request: Request,
  { path, deadlineMs, signal }: Asking,
): Promise<AnswerTo<Request>> {
  const text = await exchange(path, `${JSON.stringify(request)}\n`, deadlineMs, signal);
  const answer = parseJson(text) as ControlAnswer | undefined;
  if (answer?.kind === request.kind) return answer as AnswerTo<Request>;
  if (answer?.kind !== 'failed') throw silent('it ended before it answered');
  throw failure('daemon_silent', {
    message: 'the repmgrd of this node runs, and has no answer',
    detail: `It says: ${answer.reason}.`,
    hint: 'Its log says more. Where it waits, start the PostgreSQL of this node, or correct "conninfo".',
  });
}

async function exchange(
  path: string,
  line: string,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<string> {
  return await new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    const socket = createConnection(path, () => socket.write(line));
    const timer = setTimeout(() => {
      socket.destroy();
      reject(silent(`it took longer than ${deadlineMs / 1000} s`));
    }, deadlineMs);
    const abort = (): void => {
      socket.destroy();
      reject(failure('interrupted', { message: 'the operation was interrupted' }));
    };
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    socket.on('data', (piece: Buffer) => pieces.push(piece));
    socket.on('error', (error: NodeJS.ErrnoException) => reject(describe(error, path)));
    socket.on('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      resolve(Buffer.concat(pieces).toString('utf8'));
    });
  });
}

function describe(error: NodeJS.ErrnoException, path: string): Error {
  if (error.code === 'EACCES') {
    return failure('daemon_not_running', {
      message: 'the repmgrd of this node cannot be asked',
      detail: `This user may not use the socket "${path}".`,
      hint: 'Run the command as the user that runs repmgrd, usually postgres.',
      cause: error,
    });
  }
  if (error.code !== 'ENOENT' && error.code !== 'ECONNREFUSED' && error.code !== 'ENOTSOCK') {
    return silent(error.message);
  }
  return failure('daemon_not_running', {
    message: 'no repmgrd of this node is running',
    detail: `Nobody listens at the socket "${path}".`,
    hint: 'Start it with: repmgr daemon start, or repmgrd -f /path/to/repmgr.conf; if it runs with another "state_directory" or "cluster", name its file with -f.',
    cause: error,
  });
}

function silent(detail: string): Error {
  return failure('daemon_silent', {
    message: 'the repmgrd of this node did not answer',
    detail: `What went wrong: ${detail}.`,
    hint: 'Look at its log, and whether it hangs or was stopped: repmgr daemon status on another node shows when it was seen last.',
  });
}
