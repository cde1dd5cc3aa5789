/** Promotes the own standby, in time or not at all, and waits until it accepts writes (rule 4). */
import { runsOwnCommand } from '../../cluster/own-line.ts';
import { failure, RepmgrError } from '../../errors.ts';
import type { Action } from '../../failover/actions.ts';
import type { ActionResult } from '../../failover/events.ts';
import type { LsnBytes } from '../../failover/position.ts';
import { limits } from '../../limits.ts';
import { redactConninfo } from '../../model/conninfo.ts';
import { isClosedStandby } from '../../postgres/closed-standby.ts';
import type { Connection } from '../../postgres/connection.ts';
import { findPostmaster, type Postmaster } from '../../postgres/postmaster.ts';
import { promoteBySignal } from '../../postgres/promote-by-signal.ts';
import { ownStatus } from '../../postgres/queries/own-status.ts';
import { resumeReplay } from '../../postgres/queries/replay.ts';
import { isSame } from '../../postgres/server-processes.ts';
import { controlServer } from '../../postgres/server-process.ts';
import { autoConf, changeSettingsFile } from '../../postgres/server-settings.ts';
import { waitUntil } from '../../system/clock.ts';
import { runCommandLine } from '../../system/shell.ts';
import type { EndOfWal } from '../observe/end-of-wal.ts';
import { ActionNotBegun, type OwnServer, type PerformContext, requireServer } from './context.ts';
import { daemonEnvironment } from './daemon-environment.ts';
import { isAfter, refuseTooLate } from './in-time.ts';
import { forgetHold, namesInWords, synchronousNames } from './names.ts';
import { hasReloaded } from './names-in-force.ts';
import { allowRetries } from './receiver-settings.ts';
import { reload } from './reload.ts';
import { ReplayBlockers } from './replay-blockers.ts';

type Promotion = Extract<Action, { readonly kind: 'promote' }>;
type Names = Promotion['synchronousStandbyNames'];

/** @throws ActionNotBegun where it is no standby, or too late; Error, RepmgrError where it came to nothing */
export async function promote(context: PerformContext, action: Promotion): Promise<ActionResult> {
  const server = requireServer(context);
  const names = action.synchronousStandbyNames;
  const postmaster = await findPostmaster(server.dataDirectory);
  if (postmaster === undefined) throw new ActionNotBegun('PostgreSQL does not run');
  // There nobody reads, and nobody can pause replay.
  if (await isClosedStandby(server, postmaster)) await writeNames(context, server, undefined, names);
  else await prepare(context, server, names);
  const order = await call(context, server, postmaster, action);
  const { timeline, endOfWal } = await awaitWritable(context, server, postmaster, order);
  // A freeze left it long up to 12; as a standby this server would attach too late.
  await allowRetries(server);
  return { kind: 'promoted', timeline: timeline ?? [], flushedLsn: endOfWal ?? (0 as LsnBytes) };
}

async function prepare(context: PerformContext, server: OwnServer, names: Names): Promise<void> {
  const { connections, signal, log } = context;
  const control = await connections.get('control');
  const options = { deadlineMs: limits.ownAnswerMs, signal };
  const status = await ownStatus(control, options);
  if (!status.isInRecovery) throw new ActionNotBegun('PostgreSQL does not run as a standby');
  await writeNames(context, server, control, names);
  if (status.isReplayPaused) await resumeReplay(control, options);
  await new ReplayBlockers(log).end(control, status, options);
}

/** In force before the promotion: the first commits must wait for whom they have to wait for. */
async function writeNames(
  { nodes, signal }: PerformContext,
  server: OwnServer,
  control: Connection | undefined,
  names: Names,
): Promise<void> {
  const wasHeld = await forgetHold(server);
  if (names === null) {
    if (wasHeld) await reload(server);
    return;
  }
  const value = namesInWords(names, nodes(), server.version);
  const file = autoConf(server.dataDirectory);
  const isChanged = await changeSettingsFile(file, { [synchronousNames]: value }, { isDurable: true });
  if (!isChanged && !wasHeld) return;
  await reload(server);
  if (control === undefined) {
    throw new ActionNotBegun(
      'its server lets nobody in (hot_standby=off), so nobody sees the names of the synchronous standbys in force',
    );
  }
  if (!(await hasReloaded(control, signal))) {
    throw new ActionNotBegun('the checkpointer does not read the names of the synchronous standbys');
  }
}

/** `over`: when a command of the user's has ended, if there is one. */
interface Order {
  readonly over: Promise<void>;
}

async function call(
  context: PerformContext,
  server: OwnServer,
  postmaster: Postmaster,
  action: Promotion,
): Promise<Order> {
  const { config, signal } = context;
  const { promoteCommand } = config;
  refuseTooLate(context, action);
  if (promoteCommand !== undefined && !runsOwnCommand(promoteCommand, 'standby promote')) {
    return { over: runOrder(promoteCommand, context) };
  }
  if (server.control.commands.promote !== undefined) {
    return {
      over: controlServer(server.control, 'promote', { deadlineMs: config.promoteCheckTimeoutMs, signal }),
    };
  }
  const isStillWanted = () => !signal.aborted && !isAfter(context.now(), action);
  if (!(await promoteBySignal(server.dataDirectory, postmaster.pid, isStillWanted))) {
    refuseTooLate(context, action);
  }
  return { over: Promise.resolve() };
}

async function runOrder(command: string, { config, signal }: PerformContext): Promise<void> {
  const result = await runCommandLine(command, {
    deadlineMs: config.promoteCheckTimeoutMs,
    signal,
    env: daemonEnvironment('promote'),
  });
  if (result.exitCode === 0 && !result.timedOut) return;
  throw failure('server_control_failed', {
    message: result.timedOut
      ? 'promote_command did not end in promote_check_timeout'
      : `promote_command failed with exit code ${result.exitCode}`,
    detail: redactConninfo([command, result.stderr.trim()].join('\n')),
    hint: 'Run it by hand to see what is wrong, or leave promote_command out: repmgrd promotes by itself then.',
  });
}

/** Writable, and the command over; a server that died meanwhile will not be. */
async function awaitWritable(
  { connections, walEnd, signal, log }: PerformContext,
  server: OwnServer,
  postmaster: Postmaster,
  order: Order,
): Promise<EndOfWal> {
  const blockers = new ReplayBlockers(log);
  let failed: unknown;
  const over = order.over.catch((error: unknown) => {
    failed = error ?? new Error('the command failed');
  });
  const look = async (): Promise<EndOfWal | undefined> => {
    try {
      const control = await connections.get('control');
      const status = await ownStatus(control, { deadlineMs: limits.ownAnswerMs, signal });
      if (!status.isInRecovery) {
        const end = await walEnd.ofRunning(status);
        return end.timeline === null ? undefined : end;
      }
      if (failed !== undefined) throw failed;
      await blockers.end(control, status, { deadlineMs: limits.ownAnswerMs, signal });
      return undefined;
    } catch (error) {
      if (failed !== undefined || !isConnectionTrouble(error)) throw error;
      const present = await findPostmaster(server.dataDirectory);
      if (present !== undefined && isSame(present, postmaster)) return undefined;
      throw new Error('PostgreSQL ended while it was promoted', { cause: error });
    }
  };
  const wait = { deadlineMs: limits.recoveryMs, intervalMs: limits.startLookMs, signal };
  const end = await waitUntil(look, wait);
  if (end === undefined) throw new Error('the server does not accept writes');
  await over;
  return end;
}

function isConnectionTrouble(error: unknown): boolean {
  const codes = ['connection_failed', 'connection_lost', 'query_timeout'];
  return error instanceof RepmgrError && codes.includes(error.code);
}
