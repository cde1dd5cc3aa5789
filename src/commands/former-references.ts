/** What a registration says of other nodes after it changed an address or a name. docs/metadata.md */
import { canBeReferredTo, formerReferences } from '../cluster/register/former-references.ts';
import { surveyNodes } from '../cluster/survey.ts';
import { RepmgrError } from '../errors.ts';
import type { NodeRecord } from '../model/node.ts';
import type { Connection } from '../postgres/connection.ts';
import { readSettings } from '../postgres/queries/server.ts';
import type { CommandContext } from './command.ts';

/**
 * Looks at all nodes, and warns of each that still uses what the row of this node said before. The row is written by
 * then, so that whatever goes wrong here is a WARNING too.
 * @param nodes the rows before the change
 * @throws RepmgrError interrupted
 */
export async function tellFormerReferences(
  { log, signal }: CommandContext,
  primary: Connection,
  { nodes, after }: { readonly nodes: readonly NodeRecord[]; readonly after: NodeRecord },
): Promise<void> {
  const before = nodes.find(({ id }) => id === after.id);
  if (before === undefined || !canBeReferredTo({ before, after })) return;
  try {
    const rows = nodes.map((node) => (node.id === after.id ? after : node));
    const observations = await surveyNodes(rows, { signal });
    const settings = await readSettings(primary, ['synchronous_standby_names']);
    const names = settings['synchronous_standby_names'];
    for (const { message, hint } of formerReferences({ before, after }, observations, names)) {
      log.warning(message, { hint });
    }
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code === 'interrupted') throw error;
    log.warning('it could not be seen which nodes still use the former address or name', {
      detail: [error.message, error.detail].filter(Boolean).join(': '),
      hint: 'Run "repmgr cluster show", and "repmgr standby follow" on each standby of this node.',
    });
  }
}
