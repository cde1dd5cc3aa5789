/** `repmgr standby clone`: copies a server into a new standby. docs/cloning.md */
import { rm } from 'node:fs/promises';
import type { CopyProgress } from '../cluster/clone/context.ts';
import { executeClone } from '../cluster/clone/execute.ts';
import { type CloneFacts, inspectClone } from '../cluster/clone/inspect.ts';
import { type ClonePlan, planClone } from '../cluster/clone/plan.ts';
import type { CloneWish } from '../cluster/clone/wish.ts';
import { recordEvent } from '../cluster/record-event.ts';
import { newCopyFile, rewindingFile } from '../cluster/rejoin/kept-places.ts';
import { leaveSynchronousNames } from '../cluster/rejoin/leave-synchronous-names.ts';
import { noteNewCopy } from '../cluster/rejoin/new-copy.ts';
import { RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Logger } from '../log/logger.ts';
import { connect } from '../postgres/connection.ts';
import { renderSteps } from '../render/steps.ts';
import { whatNext } from './clone-next.ts';
import { wishOf } from './clone-wish.ts';
import type { CommandContext } from './command.ts';
import { checkedNodeId } from './local-node.ts';

/** Exit codes as repmgr 3: 1 for anything refused, 6 without a connection, 7 without a slot, 14 when the copy fails. */
export async function run(context: CommandContext): Promise<void> {
  const { options, log, signal } = context;
  const wish = wishOf(context);
  if (options.replicationConfOnly === true) {
    const { writeReplicationConfiguration } = await import('./replication-conf-only.ts');
    await writeReplicationConfiguration(context, wish);
    return;
  }
  const facts = await inspectClone(wish, { log, signal });
  if (options.dryRun === true) {
    const steps = plan(facts, wish, log).steps.map(({ text }) => text);
    context.print(renderSteps(steps, { isJson: options.json === true }));
    return;
  }
  try {
    const planned = plan(facts, wish, log);
    await leaveNames(context, facts, wish);
    await executeClone({ wish, facts, plan: planned, log, signal, progress: await showProgress(context) });
    await noteForDaemon(context, planned.dataDirectory);
    await report(context, facts, { isSuccessful: true, details: eventDetails(facts, planned, wish) });
    log.notice('standby clone is complete');
    whatNext(context, facts.metadata, { dataDirectory: planned.dataDirectory, isRunning: false });
  } catch (error) {
    if (error instanceof RepmgrError && error.code === 'slot_unavailable') {
      const details = [error.message, error.detail].filter(Boolean).join(': ');
      await report(context, facts, { isSuccessful: false, details });
    }
    throw error;
  }
}

function plan(facts: CloneFacts, wish: CloneWish, log: Logger): ClonePlan {
  const planned = planClone(facts, wish);
  for (const { level, message, ...parts } of planned.remarks) log[level](message, parts);
  return planned;
}

function eventDetails({ source }: CloneFacts, { method }: ClonePlan, { mayReplace }: CloneWish): string {
  return [
    `Cloned from host "${source.host}", port ${source.port}`,
    `backup method: ${method.name}`,
    `--force: ${mayReplace ? 'Y' : 'N'}`,
  ].join('; ');
}

/** Of the node whose data are replaced, which acknowledges nothing until they are complete. */
async function leaveNames(
  { config, log, signal }: CommandContext,
  { metadata }: CloneFacts,
  { mayReplace, node }: CloneWish,
): Promise<void> {
  const primary = metadata.kind === 'found' ? metadata.primary : undefined;
  const isConcerned = mayReplace && (config?.synchronousQuorum ?? 0) > 0;
  if (!isConcerned || primary?.kind !== 'found' || node === undefined) return;
  const connection = await connect(primary.conninfo, { signal });
  try {
    await leaveSynchronousNames(connection, node.conninfo['application_name'] ?? node.name, { log, signal });
  } finally {
    await connection.close();
  }
}

/** Its repmgrd may know that the data which were there before are not to be used. */
async function noteForDaemon({ config }: CommandContext, dataDirectory: string): Promise<void> {
  if (config === undefined) return;
  const self = checkedNodeId(config.nodeId, 'node');
  await rm(rewindingFile(config, self), { force: true });
  await noteNewCopy(newCopyFile(config, self), dataDirectory);
}

/** Without repmgr.conf, or where there are no metadata, nobody could be told. */
async function report(
  { config, log }: CommandContext,
  { metadata }: CloneFacts,
  event: { readonly isSuccessful: boolean; readonly details: string },
): Promise<void> {
  if (config === undefined) return;
  const primary = metadata.kind === 'found' ? metadata.primary : undefined;
  const connection =
    primary?.kind !== 'found'
      ? undefined
      : await connect(primary.conninfo).catch((error: unknown) => {
          log.warning('the primary cannot be reached, so the event is not written there', {
            detail: error instanceof Error ? error.message : String(error),
          });
          return undefined;
        });
  try {
    await recordEvent({
      connection,
      config,
      log,
      event: { ...event, nodeId: checkedNodeId(config.nodeId, 'node'), name: 'standby_clone' },
    });
  } finally {
    await connection?.close();
  }
}

/** On stderr, whatever the log level is; with --quiet there is nothing to show. */
async function showProgress({ options }: CommandContext): Promise<CopyProgress> {
  if (options.quiet === true) return { onStart() {}, onProgress() {}, onEnd() {} };
  const { createProgress } = await import('../render/progress.ts');
  const { progressLineMs: lineIntervalMs } = limits;
  const progress = createProgress({ label: 'copying', stream: process.stderr, lineIntervalMs });
  return {
    onStart: (totalBytes) => progress.start(totalBytes),
    onProgress: (copiedBytes) => progress.update(copiedBytes),
    onEnd: (isDone) => progress.stop(isDone),
  };
}
