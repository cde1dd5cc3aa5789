/** One try to open a session with one server, in one way, within a time limit. */
import { once } from 'node:events';
import { Socket } from 'node:net';
import { RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Conninfo } from '../model/conninfo.ts';
import { monotonicMs } from '../system/clock.ts';
import {
  AuthenticationForbidden,
  PasswordMissing,
  passwordFor,
  watchAuthentication,
} from './authentication.ts';
import { beforeDeadline, DeadlineExceeded, type Patience } from './deadline.ts';
import { createClient, type DriverClient, isServerError, loadDriver } from './driver.ts';
import type { Encryption } from './encryption.ts';
import {
  createBulkSocket,
  type Endpoint,
  EncryptionFailed,
  EncryptionRefused,
  establish,
  pretendToConnect,
} from './socket.ts';
import { type SettingsWay, setByStatement, startupSettings } from './session-settings.ts';
import type { Target } from './targets.ts';

export interface AttemptFailure {
  readonly kind:
    | 'unreachable'
    | 'timeout'
    | 'encryption'
    | 'password'
    | 'refused'
    | 'not_postgresql'
    | 'role';
  readonly target: Target;
  /** Without a full stop at its end. */
  readonly reason: string;
  /** Of the server's error; ECONNREFUSED and the like for the network's. */
  readonly code?: string | undefined;
  readonly remedy?: string | undefined;
  /** Our address as the server sees it, for pg_hba.conf. */
  readonly localAddress?: string | undefined;
}

export interface OpenedClient {
  readonly client: DriverClient;
  readonly target: Target;
  readonly endpoint: Endpoint;
  /** What the server told at the start: server_version, in_hot_standby, ... */
  readonly parameters: ReadonlyMap<string, string>;
}

export type Attempt =
  | { readonly kind: 'opened'; readonly opened: OpenedClient }
  | { readonly kind: 'failed'; readonly failure: AttemptFailure };

export interface AttemptOptions extends Patience {
  readonly settings: Conninfo;
  readonly isReplication: boolean;
}

/**
 * Tries it. Whatever goes wrong with the server is a result, with the socket destroyed.
 * @throws RepmgrError interrupted, or conninfo_invalid where a certificate is needed and cannot be read
 */
export async function attemptConnection(
  target: Target,
  endpoint: Endpoint,
  encryption: Encryption,
  options: AttemptOptions,
): Promise<Attempt> {
  const endsAtMs = monotonicMs() + options.deadlineMs;
  const attempt = await attemptInWay(target, endpoint, encryption, { ...options, way: 'at_start' });
  if (attempt.kind === 'opened' || !isOfPooler(attempt.failure, options)) return attempt;
  const deadlineMs = endsAtMs - monotonicMs();
  return attemptInWay(target, endpoint, encryption, { ...options, deadlineMs, way: 'by_statement' });
}

/** PgBouncer knows a few settings only; what the user asks for in `options` is not dropped. */
function isOfPooler(failed: AttemptFailure, { settings, isReplication }: AttemptOptions): boolean {
  const hasOptions = (settings['options'] ?? '') !== '';
  return !isReplication && !hasOptions && failed.reason.startsWith('unsupported startup parameter');
}

async function attemptInWay(
  target: Target,
  endpoint: Endpoint,
  encryption: Encryption,
  options: AttemptOptions & { readonly way: SettingsWay },
): Promise<Attempt> {
  const socket = options.isReplication ? createBulkSocket() : new Socket();
  try {
    const work = openClient(socket, target, endpoint, encryption, options);
    return { kind: 'opened', opened: await beforeDeadline(work, options) };
  } catch (error) {
    const localAddress = socket.localAddress;
    socket.destroy();
    if (error instanceof RepmgrError) {
      throw error;
    }
    return { kind: 'failed', failure: { ...explain(error, options.deadlineMs), target, localAddress } };
  }
}

async function openClient(
  socket: Socket,
  target: Target,
  endpoint: Endpoint,
  encryption: Encryption,
  { settings, isReplication, way }: AttemptOptions & { readonly way: SettingsWay },
): Promise<OpenedClient> {
  // The driver is loaded while the server makes a process for us.
  const [stream] = await Promise.all([
    establish(socket, endpoint, encryption, keepAliveOf(settings)),
    once(socket, 'connect').then(loadDriver),
  ]);
  const client = await createClient({
    host: target.host,
    port: target.port,
    user: settings['user'] ?? '',
    database: settings['dbname'] ?? '',
    password: () => passwordFor(settings, target, isReplication),
    ...startupSettings(settings, way, isReplication),
    ssl: false,
    sslnegotiation: 'postgres',
    enableChannelBinding: settings['channel_binding'] === 'require',
    stream: pretendToConnect(stream),
  });
  const parameters = new Map<string, string>();
  client.connection.on('parameterStatus', (message: { parameterName: string; parameterValue: string }) =>
    parameters.set(message.parameterName, message.parameterValue),
  );
  // A socket that breaks while nobody waits for it must not end the process.
  client.on('error', () => {});
  // Its end has been told already, to nobody: `pg` would wait for it.
  if (stream.destroyed) {
    throw new Error('the server closed the connection');
  }
  await connectClient(client, settings);
  if (way === 'by_statement') await setByStatement(client);
  return { client, target, endpoint, parameters };
}

async function connectClient(client: DriverClient, settings: Conninfo): Promise<void> {
  return new Promise((resolve, reject) => {
    watchAuthentication(client.connection, settings, (error) => {
      reject(error);
      client.connection.stream.destroy();
    });
    client.connect().then(() => resolve(), reject);
  });
}

function keepAliveOf(settings: Conninfo): { isOn: boolean; idleMs: number } {
  const idleSeconds = Number(settings['keepalives_idle'] ?? 0);
  return {
    isOn: settings['keepalives'] !== '0',
    idleMs: idleSeconds > 0 ? idleSeconds * 1_000 : limits.keepaliveIdleMs,
  };
}

function explain(error: unknown, deadlineMs: number): Omit<AttemptFailure, 'target'> {
  if (error instanceof DeadlineExceeded) {
    return { kind: 'timeout', reason: `no answer within ${Number((deadlineMs / 1_000).toFixed(1))} s` };
  }
  if (error instanceof PasswordMissing) {
    return { kind: 'password', reason: error.message, remedy: error.remedy };
  }
  if (error instanceof EncryptionRefused) {
    return { kind: 'encryption', reason: error.message, remedy: error.remedy };
  }
  if (error instanceof EncryptionFailed) return { kind: 'encryption', reason: error.message };
  if (error instanceof AuthenticationForbidden) {
    return { kind: 'refused', reason: error.message };
  }
  if (isServerError(error)) {
    // PgBouncer has a code of its own for whatever is wrong.
    const isPassword = error.code === '28P01' || /^(SASL|password) authentication failed/.test(error.message);
    return { kind: isPassword ? 'password' : 'refused', reason: error.message, code: error.code };
  }
  return explainNetworkError(error);
}

function explainNetworkError(error: unknown): Omit<AttemptFailure, 'target'> {
  if (!(error instanceof Error)) {
    throw error;
  }
  if (error.message.startsWith('SASL')) {
    return { kind: 'password', reason: error.message };
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const known = code === undefined ? undefined : networkReasons[code];
  if (known !== undefined) {
    return { kind: 'unreachable', reason: known, code };
  }
  // A peer that hangs up is noticed by its goodbye, by a reset or by our next write, as it happens.
  const isHungUp = code === 'ECONNRESET' || code === 'EPIPE';
  if (isHungUp || /terminated unexpectedly|closed the connection|socket hang up/.test(error.message)) {
    return { kind: 'not_postgresql', reason: 'the connection was closed before the server was ready' };
  }
  if (code === undefined) {
    return { kind: 'not_postgresql', reason: error.message };
  }
  return { kind: 'unreachable', reason: error.message, code };
}

const networkReasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'network is unreachable',
  ENOENT: 'there is no such unix socket',
  EACCES: 'permission denied for the unix socket',
  ENOTFOUND: 'the name of the host is not known',
  EAI_AGAIN: 'the name of the host could not be looked up now',
  ETIMEDOUT: 'the network gave up',
};
