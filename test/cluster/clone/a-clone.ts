/** Facts and wishes for tests of the plan of a clone: everything is well, unless a test says otherwise. */
import type { CloneFacts } from '../../../src/cluster/clone/inspect.ts';
import type { DirectoryFacts, TargetFacts } from '../../../src/cluster/clone/target.ts';
import type { SourceFacts } from '../../../src/cluster/clone/source.ts';
import type { CloneWish } from '../../../src/cluster/clone/wish.ts';
import { parseLsn } from '../../../src/model/lsn.ts';
import type { NodeId, NodeRecord } from '../../../src/model/node.ts';
import type { TimelineId } from '../../../src/model/timeline.ts';
import { readBackupOptions } from '../../../src/postgres/backup/pg-basebackup-options.ts';
import type { DirectoryContent } from '../../../src/postgres/data-directory.ts';
import { serverVersion } from '../../../src/postgres/version.ts';
import { plainReplication } from '../follow/a-follow.ts';

export const gigabyte = 1024 ** 3;
const systemIdentifier = '7000000000000000001';

export const primaryNode: NodeRecord = {
  id: 1 as NodeId,
  role: 'primary',
  upstreamNodeId: undefined,
  clusterName: 'test',
  name: 'node1',
  conninfo: 'host=node1 user=repmgr dbname=repmgr',
  slotName: 'repmgr_slot_1',
  priority: 100,
  isActive: true,
};

export function aWish(parts: Partial<CloneWish> = {}): CloneWish {
  return {
    source: { host: 'node1', user: 'repmgr', dbname: 'repmgr' },
    dataDirectory: '/data',
    node: { id: 2 as NodeId, name: 'node2', clusterName: 'test', conninfo: { host: 'node2' } },
    usesSlot: false,
    upstreamNodeId: undefined,
    copy: {
      method: 'protocol',
      programDirectory: undefined,
      pgBasebackupOptions: '',
      isCheckpointFast: false,
      isVerified: false,
      tablespaceMapping: [],
    },
    sourceHost: { user: undefined, sshOptions: undefined, rsyncOptions: undefined, externalFiles: undefined },
    replication: plainReplication,
    recovery: { minApplyDelay: undefined, restoreCommand: undefined, archiveCleanupCommand: undefined },
    walKeepSegments: undefined,
    mayReplace: false,
    ...parts,
  };
}

/** The wish with another way to copy. */
export function copyingBy(
  method: CloneWish['copy']['method'],
  parts: Partial<CloneWish['copy']> = {},
): CloneWish {
  return aWish({ copy: { ...aWish().copy, method, ...parts } });
}

export function aSource(parts: Partial<SourceFacts> = {}): SourceFacts {
  const lsn = parseLsn('0/3000000');
  if (lsn === undefined) throw new Error('no LSN');
  return {
    version: serverVersion(150_018),
    host: 'node1',
    port: 5432,
    conninfo: { host: 'node1', port: '5432', user: 'repmgr', dbname: 'repmgr' },
    replication: {
      identity: { systemIdentifier, timelineId: 1 as TimelineId, lsn },
      refusal: undefined,
      freeWalSenders: 2,
    },
    isInRecovery: false,
    instance: '1 5432',
    settings: {
      archive_mode: 'off',
      config_file: '/data/postgresql.conf',
      data_directory: '/data',
      hot_standby: 'on',
      max_replication_slots: '10',
      max_wal_senders: '10',
      wal_keep_size: '0',
      wal_level: 'replica',
      wal_segment_size: '16MB',
    },
    tablespaces: [{ name: 'pg_default', location: '', sizeBytes: gigabyte }],
    slots: [],
    ...parts,
  };
}

/** The source with other settings. */
export function sourceWith(settings: Readonly<Record<string, string>>): SourceFacts {
  return aSource({ settings: { ...aSource().settings, ...settings } });
}

export function aDirectory(
  path: string,
  content: DirectoryContent = { kind: 'absent' },
  parts: Partial<DirectoryFacts['directory']> = {},
): DirectoryFacts {
  const directory = {
    path,
    content,
    ownerUid: process.getuid?.() ?? 0,
    isOwnedByUs: true,
    isWritable: true,
    freeBytes: 10 * gigabyte,
    device: 1,
    ...parts,
  };
  return { directory, interrupted: undefined };
}

/** A data directory of this cluster, stopped. */
export const oldNode: DirectoryContent = {
  kind: 'postgresql',
  majorVersion: '15',
  systemIdentifier,
  serverProcessId: undefined,
};

export function aTarget(content?: DirectoryContent, parts: Partial<TargetFacts> = {}): TargetFacts {
  return { ...aDirectory('/data', content), ownTablespaces: [], ownWalDirectory: undefined, ...parts };
}

/** An installed pg_basebackup with the options of the user. */
export function pgBasebackup(number = 150_018, ...words: string[]): CloneFacts['programs'] {
  const version = serverVersion(number);
  return {
    pgBasebackup: { file: '/bin/pg_basebackup', version, options: readBackupOptions(words, version) },
    pgVerifybackup: undefined,
    postgres: undefined,
  };
}

export function someFacts(parts: Partial<CloneFacts> = {}): CloneFacts {
  return {
    source: aSource(),
    metadata: {
      kind: 'found',
      nodes: [primaryNode],
      primary: { kind: 'found', node: primaryNode, conninfo: { host: 'node1' }, isSource: true },
    },
    upstream: {
      kind: 'node',
      node: primaryNode,
      conninfo: { host: 'node1', user: 'repmgr', dbname: 'repmgr' },
      server: { kind: 'source' },
    },
    target: aTarget(),
    programs: { pgBasebackup: undefined, pgVerifybackup: undefined, postgres: undefined },
    sourceHost: undefined,
    walDirectory: undefined,
    tablespaceTargets: new Map(),
    ...parts,
  };
}
