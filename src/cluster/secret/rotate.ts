/** Puts another secret into the place of the one that the repmgrds of a cluster share, so that none refuses the other. */
import { failure, RepmgrError } from '../../errors.ts';
import type { Logger } from '../../log/logger.ts';
import type { Connection } from '../../postgres/connection.ts';
import { advanceSecret, type SecretState, secretState } from '../metadata/cluster-secret.ts';
import { makeSchema } from '../metadata/make-schema.ts';
import { stepFrom } from './plan.ts';

export interface Rotation {
  /** To the primary. */
  readonly primary: Connection;
  readonly clusterName: string;
  /** The greatest version that any repmgrd knows. */
  readonly known: number;
  /**
   * Waits until each repmgrd that is awaited knows this version.
   * @throws RepmgrError secret_unspread, interrupted
   */
  readonly spread: (version: number) => Promise<void>;
  /** The command to go on with, for a HINT. */
  readonly again: string;
  readonly log: Logger;
}

/** Goes on where an earlier change was left. @throws RepmgrError; the metadata tell how far it came */
export async function rotateSecret(rotation: Rotation): Promise<void> {
  const { primary, clusterName, spread, log } = rotation;
  let state = await beginning(rotation);
  try {
    do {
      log.info(stepFrom[state.stage]);
      state = await advance(rotation, state);
      await spread(state.version);
    } while (state.stage !== 'settled');
  } catch (error) {
    throw unfinished(
      error,
      (await secretState(primary, clusterName).catch(() => undefined)) ?? state,
      rotation.again,
    );
  }
}

async function beginning({ primary, clusterName }: Rotation): Promise<SecretState> {
  await primary.transaction(async () => await makeSchema(primary, clusterName));
  const state = await secretState(primary, clusterName);
  if (state !== undefined) return state;
  throw failure('secret_missing', {
    message: `cluster "${clusterName}" has no secret yet`,
    detail: 'Nobody registered the primary since its metadata were completed.',
    hint: 'Make one: repmgr primary register --force, on the primary.',
  });
}

async function advance({ primary, clusterName, known }: Rotation, state: SecretState): Promise<SecretState> {
  const next = await advanceSecret(primary, clusterName, state, known);
  if (next !== undefined) return next;
  throw failure('secret_unspread', {
    message: 'somebody else changes the secret at the same time',
    detail: `It is no longer in version ${state.version}, which this command found.`,
    hint: 'Wait until the other command has ended.',
  });
}

/** Adds to an error how far the change came: at no point does a repmgrd refuse another one. */
function unfinished(error: unknown, { stage }: SecretState, again: string): unknown {
  if (!(error instanceof RepmgrError)) return error;
  const { code, message, detail, cause } = error;
  const reached = {
    settled: 'The secret was changed; the former one may be accepted for some more seconds.',
    announced: 'A new secret is accepted beside the present one, which is in use.',
    taken: 'The new secret is in use; the former one is still accepted.',
  }[stage];
  return failure(code, {
    message,
    detail: [detail, reached].filter(Boolean).join(' '),
    hint:
      stage === 'settled'
        ? 'See what each repmgrd says: repmgr daemon status --detail'
        : `Nothing is refused meanwhile. Go on with the same command: ${again}`,
    cause,
  });
}
