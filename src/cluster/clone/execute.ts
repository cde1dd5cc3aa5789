/** Makes a clone, step by step; when one fails, what was done before is undone, and said. */
import { failure, type RepmgrError } from '../../errors.ts';
import { writeRecoveryConfig } from '../../postgres/recovery-config.ts';
import { throwIfInterrupted } from '../../system/clock.ts';
import type { CloneContext, Undo } from './context.ts';
import { takeCopy } from './copy.ts';
import { finishPlaces, removeRest, restorePlaces } from './copy-place.ts';
import { type ClonePlaces, placesOf, relink } from './places.ts';
import type { CloneStep, StepKind } from './plan.ts';
import { createPlannedSlot } from './slot.ts';
import { keepOwnConfiguration } from './own-configuration.ts';
import { prepareTarget } from './prepare-target.ts';
import { verifyCopy } from './verify.ts';
import { writeExternalFiles } from './write-external-files.ts';

/** @throws RepmgrError of the step that failed, after what was done before it was undone as far as that is possible */
export async function executeClone(context: CloneContext): Promise<void> {
  const { plan, log, signal } = context;
  const places = placesOf(plan);
  const undos: Undo[] = [];
  for (const step of plan.steps) {
    try {
      // The clone is complete before its traces are removed: there is nothing left to interrupt.
      if (step.kind !== 'clean') throwIfInterrupted(signal);
      log.info(step.text);
      await actions[step.kind](context, places, undos);
    } catch (error) {
      for (const undo of undos.toReversed()) await undo();
      throw signal.aborted ? interruption(step) : asFailure(error, step);
    }
  }
}

type Action = (context: CloneContext, places: ClonePlaces, undos: Undo[]) => Promise<void>;

const actions: Readonly<Record<StepKind, Action>> = {
  restore: (_context, { all }) => restorePlaces(all),
  'create slot': (context, _places, undos) => createPlannedSlot(context, undos),
  prepare: prepareTarget,
  copy: takeCopy,
  verify: verifyCopy,
  'keep configuration': keepOwnConfiguration,
  'copy configuration': writeExternalFiles,
  'write recovery settings': ({ facts, plan }, { main }) =>
    writeRecoveryConfig({
      dataDirectory: main.workplace,
      version: facts.source.version,
      settings: plan.recoverySettings,
    }),
  finish: async ({ facts }, places, undos) => {
    await relink(places, facts.source.version.capabilities.walNames.directory);
    await finishPlaces(places.all);
    // From here on the clone is complete, whatever becomes of its traces.
    undos.length = 0;
  },
  clean: removeTraces,
};

/** The clone is complete by now: what cannot be removed is only in the way. */
async function removeTraces({ log }: CloneContext, { all }: ClonePlaces): Promise<void> {
  for (const place of all) {
    try {
      await removeRest(place);
    } catch (error) {
      log.warning(`what the clone has replaced in "${place.location}" could not be removed`, {
        detail: error instanceof Error ? error.message : String(error),
        hint: `Remove it yourself: rm -r "${place.location}"/repmgr_clone_*`,
      });
    }
  }
}

function interruption({ text }: CloneStep): RepmgrError {
  return failure('interrupted', {
    message: 'the clone was interrupted',
    detail: `It was about to ${text}.`,
    hint: 'The same command can be run again.',
  });
}

function asFailure(error: unknown, { text }: CloneStep): unknown {
  const isOfSystem = error instanceof Error && 'syscall' in error;
  if (!isOfSystem) return error;
  return failure('clone_target_unusable', {
    message: `could not ${text}`,
    detail: `${error.message}.`,
    hint: 'Look at permissions, mount points and free space of that directory, then clone again.',
    cause: error,
  });
}
