/** What the repmgrd of this node noted, while it ran, about data that only a clone makes whole. */
import { access, readFile } from 'node:fs/promises';
import * as v from 'valibot';
import type { Config } from '../../config/resolve.ts';
import type { NodeId } from '../../model/node.ts';
import { ownCommand } from '../own-command.ts';
import { readStateText, stateFilePath } from '../state-file.ts';
import { rewindingFile } from './kept-places.ts';

const strayed = v.object({ hasStrayed: v.literal(true) });

/** What to do then. Nothing of this node tells which server is the primary. */
export function cloneAgainHint(config: Config): string {
  const clone = ownCommand(config, '--force standby clone -h HOST -d DBNAME -U USER');
  return `Clone it again from the present primary, and do not start it before: ${clone}`;
}

/** @returns why a rejoin cannot help, in words; undefined where nothing is known */
export async function knownDamage(config: Config, self: NodeId): Promise<string | undefined> {
  const isHalfRewound = await access(rewindingFile(config, self)).then(
    () => true,
    () => false,
  );
  if (isHalfRewound) return 'a rewind was not completed';
  const { stateDirectory, clusterName } = config;
  const owner = { stateDirectory, clusterName, self };
  const text = await readFile(stateFilePath(owner), 'utf8').catch(() => undefined);
  const state = text === undefined ? undefined : readStateText(text, owner);
  const isStray = typeof state === 'object' && v.safeParse(strayed, state.durable).success;
  return isStray ? 'its WAL is not what its numbers say, since it was a second primary' : undefined;
}
