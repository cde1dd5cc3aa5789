/**
 * Tells systemd how a service does, by systemd-notify: Node has no sockets of the kind that systemd listens on. See
 * https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
 */
import { limits } from '../limits.ts';
import { runCommand } from './command.ts';

export interface ServiceNotification {
  ready(): void;
  /** The configuration is read again; `ready` follows. */
  reloading(): void;
  stopping(): Promise<void>;
  close(): void;
}

/**
 * Does nothing where no manager wants to know.
 * @param onFailure told once each time that notifying begins to fail
 */
export function openServiceNotification(
  environment: Readonly<Record<string, string | undefined>>,
  onFailure: (reason: string) => void,
): ServiceNotification {
  if ((environment['NOTIFY_SOCKET'] ?? '') === '') {
    return { ready: () => {}, reloading: () => {}, stopping: async () => {}, close: () => {} };
  }
  let sent: Promise<void> = Promise.resolve();
  let hasFailed = false;
  const send = (...words: readonly string[]): void => {
    sent = sent.then(async () => {
      const reason = await notify(words, environment);
      if (reason !== undefined && !hasFailed) onFailure(reason);
      hasFailed = reason !== undefined;
    });
  };
  // Half of what the manager waits, as its documentation recommends.
  const watchdogMs = Number(environment['WATCHDOG_USEC'] ?? '0') / 2_000;
  const timer = watchdogMs > 0 ? setInterval(() => send('WATCHDOG=1'), watchdogMs) : undefined;
  return {
    ready: () => send('READY=1', 'STATUS=watching PostgreSQL'),
    reloading: () => send('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`),
    stopping: async () => {
      send('STOPPING=1');
      await sent;
    },
    close: () => clearInterval(timer),
  };
}

/** @returns why it failed */
async function notify(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  try {
    const args = [`--pid=${process.pid}`, ...words];
    const options = { deadlineMs: limits.serviceNotificationMs, env: environment };
    const { exitCode, stderr } = await runCommand('systemd-notify', args, options);
    return exitCode === 0 ? undefined : `systemd-notify ended with exit code ${exitCode}: ${stderr.trim()}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
