/** Turns a data directory that was copied by other means into one of a standby, step by step. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../../log/logger.ts';
import { readControlFile } from '../../postgres/control-file.ts';
import { readRecoveryConfig, writeRecoveryConfig } from '../../postgres/recovery-config.ts';
import { throwIfInterrupted } from '../../system/clock.ts';
import type { AttachFacts, AttachPlan } from './attach-plan.ts';
import type { Undo } from './context.ts';
import { inspectClone } from './inspect.ts';
import { createPlannedSlot } from './slot.ts';
import type { CloneWish } from './wish.ts';

interface AttachOptions {
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** @throws RepmgrError as inspectClone */
export async function inspectAttach(wish: CloneWish, options: AttachOptions): Promise<AttachFacts> {
  // Nothing is copied, so that neither the programs for it nor the host of the source are of interest.
  const copy = { ...wish.copy, method: 'protocol', isVerified: false } as const;
  const sourceHost = { ...wish.sourceHost, externalFiles: undefined };
  const facts = await inspectClone({ ...wish, copy, sourceHost }, options);
  const { path, content } = facts.target.directory;
  const { version } = facts.source;
  const isReadable =
    content.kind === 'postgresql' &&
    content.systemIdentifier !== undefined &&
    content.majorVersion === version.major;
  const settings = isReadable ? await readRecoveryConfig({ dataDirectory: path, version }) : undefined;
  return {
    ...facts,
    slotName: settings?.['primary_slot_name'],
    control: isReadable ? await readControlFile(path, version) : undefined,
    hasBackupLabel: await access(join(path, 'backup_label')).then(
      () => true,
      () => false,
    ),
  };
}

/** @throws RepmgrError slot_unavailable, recovery_settings_failed, interrupted; a slot that was made is dropped then */
export async function attach(facts: AttachFacts, plan: AttachPlan, options: AttachOptions): Promise<void> {
  const { log, signal } = options;
  const undos: Undo[] = [];
  for (const { kind, text } of plan.steps) {
    try {
      throwIfInterrupted(signal);
      log.info(text);
      if (kind === 'create slot') await createPlannedSlot({ plan, ...options }, undos);
      else {
        await writeRecoveryConfig({
          dataDirectory: plan.dataDirectory,
          version: facts.source.version,
          settings: plan.recoverySettings,
        });
      }
    } catch (error) {
      for (const undo of undos) await undo();
      throw error;
    }
  }
}
