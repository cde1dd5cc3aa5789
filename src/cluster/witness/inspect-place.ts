/** Looks at the place where the PostgreSQL of a witness is to be made; changes nothing. */
import { stat } from 'node:fs/promises';
import type { Connection } from '../../postgres/connection.ts';
import { inspectDataDirectory } from '../../postgres/data-directory.ts';
import { readHostBasedRules } from '../../postgres/host-based-rules.ts';
import { findProgram } from '../../postgres/program-version.ts';
import { isPortFree } from '../../system/free-ports.ts';
import type { CreationFacts } from './creation-plan.ts';

export interface Place {
  readonly dataDirectory: string;
  readonly programDirectory: string | undefined;
  readonly port: number;
}

/** @throws RepmgrError of the queries, or interrupted */
export async function inspectPlace(
  primary: Connection,
  { dataDirectory, programDirectory, port }: Place,
  signal: AbortSignal,
): Promise<Omit<CreationFacts, 'primary' | 'witness' | 'hasPassword'>> {
  const directory = await inspectDataDirectory(dataDirectory);
  return {
    directory,
    aside: await freeNameBeside(directory.path),
    isPortFree: await isPortFree(port),
    initdb: await findProgram('initdb', programDirectory, signal),
    postgres: await findProgram('postgres', programDirectory, signal),
    hostBasedRules: await readHostBasedRules(primary),
  };
}

async function freeNameBeside(path: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const name = `${path}.replaced${number === 1 ? '' : `.${number}`}`;
    const isTaken = await stat(name).then(
      () => true,
      () => false,
    );
    if (!isTaken) return name;
  }
}
