/** Everything that a clone has to know before it is planned. Only looks. */
import type { Logger } from '../../log/logger.ts';
import { connect } from '../../postgres/connection.ts';
import { type MetadataFacts, inspectMetadata } from './metadata.ts';
import { inspectPrograms, type ProgramFacts } from './programs.ts';
import { inspectServer, inspectSource, type SourceFacts } from './source.ts';
import { inspectSourceHost, type SourceHostFacts } from './source-host.ts';
import {
  type DirectoryFacts,
  inspectDirectory,
  inspectTarget,
  targetDirectory,
  type TargetFacts,
} from './target.ts';
import { inspectUpstream, type UpstreamFacts } from './upstream.ts';
import type { CloneWish } from './wish.ts';

export interface CloneFacts {
  readonly source: SourceFacts;
  readonly metadata: MetadataFacts;
  readonly upstream: UpstreamFacts;
  readonly target: TargetFacts;
  readonly programs: ProgramFacts;
  /** Undefined where nothing of the clone needs SSH. */
  readonly sourceHost: SourceHostFacts | undefined;
  /** Where the WAL of the clone goes, if not into its data directory. */
  readonly walDirectory: DirectoryFacts | undefined;
  /** By location on the source, for each tablespace that lies outside of the data directory. */
  readonly tablespaceTargets: ReadonlyMap<string, DirectoryFacts>;
}

/** @throws RepmgrError of connecting and querying, schema_unknown, several_primaries, of SSH, interrupted */
export async function inspectClone(
  wish: CloneWish,
  options: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<CloneFacts> {
  // What waits for other servers and programs goes on at the same time.
  const startingPrograms = inspectPrograms(wish, options.signal);
  // Where the source cannot be reached, nobody asks for its error.
  startingPrograms.catch(() => undefined);
  const connection = await connect(wish.source, options);
  try {
    const server = await inspectServer(connection, options.signal);
    const [source, metadata, programs] = await Promise.all([
      inspectSource(connection, server, wish, options.signal),
      inspectMetadata(connection, server, wish, options),
      startingPrograms,
    ]);
    const sourceHost = await inspectSourceHost(connection, source, wish, options.signal);
    const upstream = await inspectUpstream(metadata, source, wish, options.signal);
    const walName = source.version.capabilities.walNames.directory;
    const target = await inspectTarget(targetDirectory(wish, source), walName);
    const walLocation = programs.pgBasebackup?.options.walDirectory ?? target.ownWalDirectory;
    return {
      source,
      metadata,
      upstream,
      target,
      programs,
      sourceHost,
      walDirectory: walLocation === undefined ? undefined : await inspectDirectory(walLocation),
      tablespaceTargets: await inspectTablespaces(wish, source),
    };
  } finally {
    await connection.close();
  }
}

/** Where a tablespace of the source goes. */
export function tablespaceTarget(wish: CloneWish, location: string): string {
  return wish.copy.tablespaceMapping.find(({ from }) => from === location)?.to ?? location;
}

/** A tablespace with a relative location lies in the data directory itself (allow_in_place_tablespaces). */
export function outerTablespaces({ tablespaces }: SourceFacts): readonly string[] {
  return tablespaces.map(({ location }) => location).filter((location) => location.startsWith('/'));
}

async function inspectTablespaces(
  wish: CloneWish,
  source: SourceFacts,
): Promise<ReadonlyMap<string, DirectoryFacts>> {
  const entries = outerTablespaces(source).map(
    async (location) => [location, await inspectDirectory(tablespaceTarget(wish, location))] as const,
  );
  return new Map(await Promise.all(entries));
}
