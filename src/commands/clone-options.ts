/** The part of the option table that says how a standby is copied, and what it streams from. */
import type { Option } from './option.ts';

const flag = { group: 'command', value: { kind: 'none' } } as const;
const text = (name: string) => ({ group: 'command', value: { kind: 'text', name } as const }) as const;

export const cloneOptions = {
  upstreamConninfo: {
    group: 'command',
    long: 'upstream-conninfo',
    value: { kind: 'conninfo', name: 'CONNINFO' },
    about: 'primary_conninfo, word for word; with register: conninfo of an upstream not yet registered',
  },
  upstreamNodeId: {
    group: 'command',
    long: 'upstream-node-id',
    value: { kind: 'integer', name: 'ID', minimum: 1 },
    about: 'the node to stream from; wins over upstream_node of the file',
  },
  replicationUser: { ...text('USER'), long: 'replication-user', about: 'user of replication connections' },
  replicationConninfo: {
    group: 'command',
    long: 'replication-conninfo',
    value: { kind: 'conninfo', name: 'CONNINFO' },
    about: 'further settings of replication connections: sslcert, sslkey, passfile and the like',
  },
  noConninfoPassword: {
    ...flag,
    long: 'no-conninfo-password',
    about: 'write no password into primary_conninfo',
  },
  recoveryMinApplyDelay: {
    group: 'command',
    long: 'recovery-min-apply-delay',
    value: { kind: 'apply-delay', name: 'DELAY' },
    about: 'let the standby lag behind: an integer with ms, s, min, h or d',
  },
  backupMethod: {
    group: 'command',
    long: 'backup-method',
    value: { kind: 'choice', name: 'METHOD', choices: ['pg_basebackup', 'protocol', 'rsync'] },
    about:
      "pg_basebackup; protocol: repmgr's own client, which needs no PostgreSQL programs; or rsync over SSH",
  },
  rsyncOnly: {
    ...flag,
    long: 'rsync-only',
    short: 'r',
    about: 'copy by rsync over SSH; with --force only what differs from what is there',
  },
  copyExternalConfigFiles: {
    group: 'command',
    long: 'copy-external-config-files',
    value: { kind: 'optional-choice', name: 'samepath|pgdata', choices: ['samepath', 'pgdata'] },
    about:
      'copy configuration files from outside of the data directory too, by SSH: to the same paths (default), or into the data directory',
  },
  fastCheckpoint: {
    ...flag,
    long: 'fast-checkpoint',
    short: 'c',
    about: 'start the copy with a fast checkpoint',
  },
  replicationConfOnly: {
    ...flag,
    long: 'replication-conf-only',
    also: ['recovery-conf-only'],
    about: 'copy nothing: write the recovery settings into a data directory that was copied by other means',
  },
  verifyBackup: {
    ...flag,
    long: 'verify-backup',
    about: 'compare a copy by pg_basebackup with its manifest afterwards, by pg_verifybackup',
  },
  configArchiveDir: {
    ...text('DIRECTORY'),
    long: 'config-archive-dir',
    about: 'where to keep configuration files meanwhile',
  },
  walKeepSegments: {
    group: 'command',
    long: 'wal-keep-segments',
    short: 'w',
    value: { kind: 'integer', name: 'COUNT', minimum: 0 },
    about: 'the WAL segments that the source must keep at least',
  },
} as const satisfies Readonly<Record<string, Option>>;
