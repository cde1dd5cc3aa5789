/**
 * Opens a session on the first server of a conninfo that answers and is what target_session_attrs asks for. What a
 * connection and a replication connection have in common.
 */
import { isIP } from 'node:net';
import { failure } from '../errors.ts';
import { type Conninfo, withoutSecrets } from '../model/conninfo.ts';
import { monotonicMs } from '../system/clock.ts';
import { type AttemptFailure, attemptConnection, type OpenedClient } from './connection-attempt.ts';
import { startConnectClock } from './connect-timeout.ts';
import { connectionFailure } from './connection-failure.ts';
import { readConninfo, resolveConninfo } from './conninfo-defaults.ts';
import { beforeDeadline, DeadlineExceeded } from './deadline.ts';
import { type Encryption, encryptionsFor } from './encryption.ts';
import { mismatchedRole, rolesToTry } from './session-role.ts';
import type { Endpoint } from './socket.ts';
import { type Target, targetsOf } from './targets.ts';

export interface SessionOptions {
  readonly isReplication: boolean;
  readonly deadlineMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Session extends OpenedClient {
  /** All settings that were used; passwords and keys are left out. */
  readonly settings: Conninfo;
}

/**
 * Tries all hosts in turn, all addresses of each.
 * @throws RepmgrError conninfo_invalid, connection_failed, password_refused or interrupted
 */
export async function openSession(conninfo: Conninfo | string, options: SessionOptions): Promise<Session> {
  const settings = await resolveConninfo(readConninfo(conninfo));
  refuseUnsupported(settings);
  const targets = targetsOf(settings);
  const clock = startConnectClock(settings, options.deadlineMs);
  const failures: AttemptFailure[] = [];
  let hopeful = targets;
  for (const role of rolesToTry(settings)) {
    const ofOtherRole: Target[] = [];
    for (const [index, target] of hopeful.entries()) {
      const found = await tryTarget(target, settings, options, () => clock.shareMs(hopeful.length - index));
      if ('client' in found) {
        const mismatch = await mismatchedRole(found, role, clock.shareMs(1));
        if (mismatch === undefined) {
          return { ...found, settings: withoutSecrets(settings) };
        }
        found.client.connection.stream.destroy();
        failures.push({ kind: 'role', target, reason: mismatch });
        ofOtherRole.push(target);
        continue;
      }
      failures.push(...found);
      if (found.some(isFinal)) {
        throw connectionFailure(failures, settings, options.isReplication);
      }
    }
    // Those that did not answer would only cost their time again.
    hopeful = ofOtherRole;
  }
  throw connectionFailure(failures, settings, options.isReplication);
}

/** All addresses of one host, each in all ways that sslmode allows. */
async function tryTarget(
  target: Target,
  settings: Conninfo,
  options: SessionOptions,
  shareMs: () => number,
): Promise<OpenedClient | AttemptFailure[]> {
  const encryptions = encryptionsFor(settings, target);
  const endpoints = await endpointsOf(target, shareMs(), options.signal);
  if (!('addresses' in endpoints)) {
    return [endpoints];
  }
  const failures: AttemptFailure[] = [];
  for (const [index, endpoint] of endpoints.addresses.entries()) {
    const deadlineMs = shareMs() / (endpoints.addresses.length - index);
    const found = await tryEndpoint(target, endpoint, encryptions, { ...options, settings, deadlineMs });
    if ('client' in found) {
      return found;
    }
    failures.push(...found);
    if (found.some(isFinal)) {
      break;
    }
  }
  return failures;
}

async function tryEndpoint(
  target: Target,
  endpoint: Endpoint,
  encryptions: readonly Encryption[],
  options: SessionOptions & { readonly settings: Conninfo; readonly deadlineMs: number },
): Promise<OpenedClient | AttemptFailure[]> {
  const endsAtMs = monotonicMs() + options.deadlineMs;
  const failures: AttemptFailure[] = [];
  for (const encryption of encryptions) {
    const deadlineMs = endsAtMs - monotonicMs();
    const attempt = await attemptConnection(target, endpoint, encryption, { ...options, deadlineMs });
    if (attempt.kind === 'opened') {
      return attempt.opened;
    }
    failures.push(attempt.failure);
    if (!mayHelpToChangeEncryption(attempt.failure)) {
      break;
    }
  }
  return failures;
}

/** Names are looked up by us: each address gets its own try, and certificates are checked against the name. */
async function endpointsOf(
  target: Target,
  deadlineMs: number,
  signal: AbortSignal | undefined,
): Promise<{ readonly addresses: readonly Endpoint[] } | AttemptFailure> {
  if (target.socketPath !== undefined) {
    return { addresses: [{ address: target.socketPath, port: undefined }] };
  }
  const literal = target.address ?? (isIP(target.host) === 0 ? undefined : target.host);
  if (literal !== undefined) {
    return { addresses: [{ address: literal, port: target.port }] };
  }
  try {
    const { lookup } = await import('node:dns/promises');
    const found = await beforeDeadline(lookup(target.host, { all: true }), { deadlineMs, signal });
    return { addresses: found.map(({ address }) => ({ address, port: target.port })) };
  } catch (error) {
    if (error instanceof DeadlineExceeded) {
      const reason = 'the name of the host could not be looked up in time';
      return { kind: 'timeout', target, code: 'EAI_AGAIN', reason };
    }
    if (error instanceof Error && 'syscall' in error) {
      return { kind: 'unreachable', target, code: 'ENOTFOUND', reason: 'the name of the host is not known' };
    }
    throw error;
  }
}

/** As libpq: the next host is tried where this one could not be reached or is starting, not where it said no. */
function isFinal(failed: AttemptFailure): boolean {
  return failed.kind === 'password' || (failed.kind === 'refused' && failed.code !== '57P03');
}

/** pg_hba.conf may know only encrypted, or only plain connections; a handshake may fail. */
function mayHelpToChangeEncryption(failed: AttemptFailure): boolean {
  return (
    failed.kind === 'encryption' || (failed.kind === 'refused' && failed.code?.startsWith('28') === true)
  );
}

/** Demands that we cannot hold are refused: to go on without them would be less safe than what was asked for. */
function refuseUnsupported(settings: Conninfo): void {
  const demanded =
    settings['gssencmode'] === 'require'
      ? 'gssencmode=require'
      : ['requirepeer', 'scram_client_key', 'scram_server_key'].find((name) => (settings[name] ?? '') !== '');
  if (demanded !== undefined) {
    throw failure('conninfo_invalid', {
      message: `connection option ${demanded} is not supported here`,
      detail: 'PostgreSQL itself may use it in primary_conninfo; the connections of repmgr cannot.',
      hint: 'Leave it out of the conninfo in repmgr.conf, and use sslmode=verify-full; see docs/connections.md.',
    });
  }
}
