/**
 * The secret of the cluster in `repmgr_cluster`, and the steps in which another one takes its place. Each step has a
 * version of its own: a repmgrd that knows several takes the greatest, so no step comes back after a failover.
 */
import { randomBytes } from 'node:crypto';
import type { Connection } from '../../postgres/connection.ts';
import { qualified } from './names.ts';

/**
 * `settled`: there is one secret. `announced`: the next one is accepted too. `taken`: messages are signed with the new
 * one, and the former one is still accepted.
 */
export type SecretStage = 'settled' | 'announced' | 'taken';

export interface SecretState {
  readonly stage: SecretStage;
  readonly version: number;
}

/** Tells nothing of the secret itself. @returns undefined where nobody made one yet */
export async function secretState(connection: Connection, cluster: string): Promise<SecretState | undefined> {
  const [row] = await connection.query<{ stage: SecretStage; version: string }>(
    `SELECT CASE WHEN next_secret IS NOT NULL THEN 'announced'
                 WHEN former_secret IS NOT NULL THEN 'taken' ELSE 'settled' END AS stage,
            coalesce(secret_version, 0)::text AS version
       FROM ${qualified(cluster, 'repmgr_cluster')}`,
  );
  return row && { stage: row.stage, version: Number(row.version) };
}

/**
 * Goes one step on from the state that was found.
 * @param known the greatest version that any repmgrd knows, which metadata may lack after a failover
 * @returns the new state; undefined where somebody else went on meanwhile
 * @throws RepmgrError query_failed, query_timeout or connection_lost
 */
export async function advanceSecret(
  connection: Connection,
  cluster: string,
  { stage, version }: SecretState,
  known: number,
): Promise<SecretState | undefined> {
  const { expression, values } = freshSecret(connection, 3);
  const assignments = {
    settled: `next_secret = ${expression}`,
    announced: 'secret = next_secret, former_secret = secret, next_secret = NULL',
    taken: 'former_secret = NULL',
  };
  const [row] = await connection.query<{ version: string }>(
    `UPDATE ${qualified(cluster, 'repmgr_cluster')}
        SET ${assignments[stage]}, secret_version = ${nextSecretVersion('greatest(secret_version, $2::bigint)')}
      WHERE coalesce(secret_version, 0) = $1 RETURNING secret_version::text AS version`,
    [version, known, ...(stage === 'settled' ? values : [])],
  );
  return row && { stage: stageAfter[stage], version: Number(row.version) };
}

const stageAfter = { settled: 'announced', announced: 'taken', taken: 'settled' } as const;

/**
 * A new secret as an expression of SQL. What PostgreSQL makes itself can stand in none of its logs, as a parameter may.
 * @param parameter the number of the first of `values` in the statement
 */
export function freshSecret(
  { version }: Connection,
  parameter: number,
): { readonly expression: string; readonly values: readonly string[] } {
  if (!version.capabilities.hasRandomUuids) {
    return { expression: `$${parameter}`, values: [randomBytes(32).toString('hex')] };
  }
  return { expression: `replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')`, values: [] };
}

/** By the clock, so that metadata which were made anew, or lost a step in a failover, never get a number twice. */
export function nextSecretVersion(former: string): string {
  return `greatest(${former} + 1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)`;
}
