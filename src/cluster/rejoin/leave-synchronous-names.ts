/** A node whose data are replaced acknowledges nothing before they are complete: it leaves the names first (rule 13). */
import { limits } from '../../limits.ts';
import type { Logger } from '../../log/logger.ts';
import type { Connection } from '../../postgres/connection.ts';
import { readSettings } from '../../postgres/queries/server.ts';
import { waitUntil } from '../../system/clock.ts';
import { synchronousNamesWith } from '../register/synchronous-names.ts';

/**
 * Waits until repmgrd of the primary has taken the node, whose server is stopped, out of `synchronous_standby_names`. It
 * cannot where too few others are attached; then an election does without this node's word.
 * @param name what the primary lists the node as
 * @throws RepmgrError interrupted, or of the query
 */
export async function leaveSynchronousNames(
  primary: Connection,
  name: string,
  { log, signal }: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  let isTold = false;
  const isOut = async (): Promise<true | undefined> => {
    const { synchronous_standby_names: names } = await readSettings(primary, ['synchronous_standby_names']);
    if (synchronousNamesWith(names ?? '', { former: name, current: name }) === undefined) return true;
    if (!isTold) log.info(`waiting until "${name}" is no synchronous standby any more`);
    isTold = true;
    return undefined;
  };
  if ((await waitUntil(isOut, { deadlineMs: limits.leavesNamesMs, signal })) === true) return;
  log.warning(`"${name}" is a synchronous standby still, while its data are replaced`, {
    detail: 'Too few others are attached to take its place, so commits wait for it.',
  });
}
