/** Makes commits wait, and lets them go: by synchronous_standby_names; what is in force is proven (rules 5 and 13). */
import type { SynchronousNames } from '../../failover/actions.ts';
import type { ActionResult } from '../../failover/events.ts';
import { holdName } from '../../failover/hold.ts';
import type { NodeId } from '../../model/node.ts';
import { limits } from '../../limits.ts';
import { replaceSettings, settleSettings } from '../../postgres/kept-settings.ts';
import { endWalSenders } from '../../postgres/queries/synchronous.ts';
import { autoConf, type SettingsFile } from '../../postgres/server-settings.ts';
import { waitUntil } from '../../system/clock.ts';
import { type PerformContext, requireServer } from './context.ts';
import { forgetHold, nameOf, namesInWords, synchronousNames } from './names.ts';
import { reload } from './reload.ts';

/**
 * Waits for no disk: where that hangs, no commit is acknowledged either.
 * @throws Error where no probe commit is seen waiting
 */
export async function hold(context: PerformContext): Promise<ActionResult> {
  const server = requireServer(context);
  const { connections, signal } = context;
  const control = await connections.get('control');
  const file = autoConf(server.dataDirectory);
  await replaceSettings(file, { [synchronousNames]: holdName }, { isDurable: false });
  await reload(server);
  // The checkpointer puts it in force: what SHOW says proves nothing.
  const isHeld = await untilSeen(signal, async () => {
    await connections.probe.begin(signal);
    return (await connections.probe.look(control, signal)) === 'waiting';
  });
  if (!isHeld) throw new Error('no probe commit was seen waiting');
  return { kind: 'holdInForce' };
}

/**
 * @param names the operator's value, for where the file does not tell what the hold replaced
 * @throws Error where commits still wait though nobody is named
 */
export async function release(context: PerformContext, names: string): Promise<ActionResult> {
  const server = requireServer(context);
  const { connections, signal } = context;
  const file = autoConf(server.dataDirectory);
  if (!(await forgetHold(server))) await setNames(file, names);
  if ((await reload(server)) === undefined) return { kind: 'done' };
  // With names of the operator's a commit may wait for whom they name.
  if (names !== '') return { kind: 'done' };
  const control = await connections.get('control');
  const hasPassed = await untilSeen(signal, async () => {
    await connections.probe.begin(signal);
    return (await connections.probe.look(control, signal)) === 'none';
  });
  if (!hasPassed) throw new Error('a probe commit still waits');
  return { kind: 'done' };
}

/** The walsenders of `removed` are ended: they would go on to acknowledge under the names that they have read. */
export async function setSynchronousNames(
  context: PerformContext,
  names: SynchronousNames,
  removed: readonly NodeId[],
): Promise<ActionResult> {
  const server = requireServer(context);
  const { connections, nodes, signal } = context;
  const value = namesInWords(names, nodes(), server.version);
  await setNames(autoConf(server.dataDirectory), value);
  await reload(server);
  const unnamed = removed.map((id) => nameOf(id, nodes())).filter((name) => name !== undefined);
  if (unnamed.length > 0) {
    const control = await connections.get('control');
    await endWalSenders(control, unnamed, { deadlineMs: limits.ownAnswerMs, signal });
  }
  return { kind: 'namesWritten', synchronousStandbyNames: value };
}

/** For good: after a hold on the way to the first names, no start may give back what that replaced. */
async function setNames(file: SettingsFile, value: string): Promise<void> {
  await settleSettings(file, { [synchronousNames]: value }, { isDurable: true });
}

async function untilSeen(signal: AbortSignal, look: () => Promise<boolean>): Promise<boolean> {
  const seen = async () => ((await look()) ? true : undefined);
  const wait = { deadlineMs: limits.ownAnswerMs, intervalMs: limits.startLookMs, signal };
  return (await waitUntil(seen, wait)) === true;
}
