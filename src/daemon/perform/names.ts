/** synchronous_standby_names: the operator's, those of a synchronous quorum, and the name that nobody has (rules 5, 13). */
import { quoteIdentifier } from '../../cluster/metadata/names.ts';
import type { SynchronousNames } from '../../failover/actions.ts';
import { expectedStreamingName } from '../../cluster/observed-upstream.ts';
import { holdName } from '../../failover/hold.ts';
import type { NodeId, NodeRecord } from '../../model/node.ts';
import { isReplaced, restoreSettings } from '../../postgres/kept-settings.ts';
import { autoConf, changeSettingsFile, readSettingsFile } from '../../postgres/server-settings.ts';
import type { ServerVersion } from '../../postgres/version.ts';
import type { ServerPlace } from '../observe/server-place.ts';

export const synchronousNames = 'synchronous_standby_names';

/** Stands where somebody is required, and nobody is there: it outlives a start, unlike the name of a hold. */
const nobody = 'repmgr_nobody';

/**
 * Pure: the value of the setting; empty where nobody is required. `ANY K` came with 10; before, the first K of the list
 * are waited for (9.6), or the first one. Who is not recorded is left out.
 */
export function namesInWords(
  { names, required }: SynchronousNames,
  nodes: readonly NodeRecord[],
  { capabilities }: ServerVersion,
): string {
  if (required === 0) return '';
  const listed = names.map((id) => nameOf(id, nodes)).filter((name) => name !== undefined);
  const list = (listed.length === 0 ? [nobody] : listed).map(quoteIdentifier).join(', ');
  switch (capabilities.synchronousNamesSyntax) {
    case 'any':
      return `ANY ${required} (${list})`;
    case 'first':
      return `${required} (${list})`;
    case 'list':
      return list;
  }
}

/** What the primary lists a standby as. */
export function nameOf(id: NodeId, nodes: readonly NodeRecord[]): string | undefined {
  const node = nodes.find((row) => row.id === id);
  return node && expectedStreamingName(node);
}

/**
 * Takes the name of a hold out of the file, whoever left it there, and gives back what it replaced.
 * @returns whether anything was written
 * @throws the system's error
 */
export async function forgetHold({ dataDirectory }: ServerPlace): Promise<boolean> {
  const file = autoConf(dataDirectory);
  if (await isReplaced(file, synchronousNames)) {
    return await restoreSettings(file, [synchronousNames], { isDurable: false });
  }
  const { [synchronousNames]: value } = await readSettingsFile(file);
  return value === holdName
    ? await changeSettingsFile(file, { [synchronousNames]: undefined }, { isDurable: false })
    : false;
}
