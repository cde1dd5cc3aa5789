/** Every command: what it is called, what it takes, and the file that does it. Help and docs/commands.md follow from it. */
import type { Command } from './command.ts';
import { clusterCommands } from './cluster-table.ts';
import { configArchiveCommands } from './config-archive-table.ts';
import { daemonCommands } from './daemon-table.ts';
import { connectionOptions } from './options.ts';
import { sandboxCommands } from './sandbox-table.ts';
import { witnessCommands } from './witness-table.ts';

/** What repmgr 3 to 5 have and this version does not, and how the same is done until it has. */
export const commandsOfLaterVersions: readonly LaterCommand[] = [
  {
    noun: 'standby',
    verb: 'switchover',
    instead:
      'By hand: "repmgr daemon pause" where repmgrd runs; stop the primary with "pg_ctl stop -m fast"; here "repmgr standby promote"; on the former primary "repmgr node rejoin -h HOST" with the host of the new one; "repmgr daemon unpause".',
  },
  {
    noun: 'node',
    verb: 'status',
    instead: 'What it would show is in: repmgr cluster show, and repmgr daemon status --detail',
  },
  {
    noun: 'node',
    verb: 'check',
    instead:
      'Look with "repmgr cluster show" and "repmgr daemon status --detail"; monitoring reads /health, /replica?lag=BYTES and /metrics of repmgrd (docs/http.md).',
  },
  {
    noun: 'node',
    verb: 'service',
    instead: 'Run the command itself: service_start_command and its like of repmgr.conf, or pg_ctl.',
  },
  {
    noun: 'node',
    verb: 'control',
    instead: 'It is an aid of repmgr 5 for its own tests; nothing here needs it.',
  },
];

interface LaterCommand extends Pick<Command, 'noun' | 'verb'> {
  /** A HINT. */
  readonly instead: string;
}

/** Other names of nouns. */
export const nounAliases: Readonly<Record<string, string>> = { master: 'primary', service: 'daemon' };

export const commandTable: readonly Command[] = [
  {
    noun: 'primary',
    verb: 'register',
    summary: 'make the metadata and enter this primary',
    description:
      'Creates the schema of the cluster in the database of "conninfo" and writes the row of this node. This is the first command of a cluster; the server must be a primary.',
    examples: [
      { line: 'repmgr -f /etc/repmgr.conf primary register', about: 'begin a cluster' },
      {
        line: 'repmgr -f /etc/repmgr.conf primary register --force',
        about: 'write the row again after a change',
      },
    ],
    options: [],
    needsConfig: true,
    load: () => import('./primary-register.ts'),
  },
  {
    noun: 'primary',
    verb: 'unregister',
    summary: 'take the row of a former primary out of the metadata',
    description:
      'PostgreSQL itself is not touched. With --force also the row of an active primary without standbys.',
    examples: [{ line: 'repmgr -f /etc/repmgr.conf primary unregister --node-id=1', about: 'forget node 1' }],
    options: ['node', 'nodeId', 'nodeName'],
    needsConfig: true,
    load: () => import('./primary-unregister.ts'),
  },
  {
    noun: 'standby',
    verb: 'clone',
    operand: { name: 'NODE', isRequired: false },
    summary: 'copy a server into a new standby',
    description:
      'Copies the server of -h (or NODE) into the data directory and writes the recovery settings last. The new server is neither started nor registered.',
    examples: [
      {
        line: 'repmgr -h node1 -U repmgr -d repmgr -f /etc/repmgr.conf standby clone --dry-run',
        about: 'only look',
      },
      { line: 'repmgr -h node1 -U repmgr -d repmgr -f /etc/repmgr.conf standby clone -c', about: 'copy now' },
      {
        line: 'repmgr -h node1 -D /srv/data standby clone --backup-method=protocol',
        about: 'without pg_basebackup',
      },
      {
        line: 'repmgr -h node2 -U repmgr -d repmgr -f /etc/repmgr.conf --force --rsync-only standby clone',
        about: 'turn a failed primary into a standby of node2',
      },
      {
        line: 'repmgr -h node1 -f /etc/repmgr.conf standby clone --replication-conf-only',
        about: 'only write the recovery settings, into a copy made by other means',
      },
    ],
    options: [
      ...connectionOptions,
      'dataDir',
      'upstreamConninfo',
      'upstreamNodeId',
      'replicationUser',
      'replicationConninfo',
      'noConninfoPassword',
      'recoveryMinApplyDelay',
      'backupMethod',
      'fastCheckpoint',
      'walKeepSegments',
      'rsyncOnly',
      'copyExternalConfigFiles',
      'remoteUser',
      'replicationConfOnly',
      'verifyBackup',
    ],
    needsConfig: false,
    load: () => import('./standby-clone.ts'),
  },
  {
    noun: 'standby',
    verb: 'register',
    summary: 'enter this standby into the metadata',
    description:
      'Writes the row of this node on the primary. With --force a row is replaced, and a standby that does not run yet can be registered by the connection options of the primary.',
    examples: [
      { line: 'repmgr -f /etc/repmgr.conf standby register', about: 'the usual way' },
      {
        line: 'repmgr -f /etc/repmgr.conf standby register --wait-sync=60',
        about: 'wait until the row arrived here',
      },
    ],
    options: [...connectionOptions, 'upstreamConninfo', 'upstreamNodeId', 'waitSync', 'waitStart'],
    needsConfig: true,
    load: () => import('./standby-register.ts'),
  },
  {
    noun: 'standby',
    verb: 'unregister',
    summary: 'take the row of a standby out of the metadata',
    description: 'May be run on any node of the cluster. PostgreSQL itself is not touched.',
    examples: [{ line: 'repmgr -f /etc/repmgr.conf standby unregister --node-id=3', about: 'forget node 3' }],
    options: ['node', 'nodeId', 'nodeName'],
    needsConfig: true,
    load: () => import('./standby-unregister.ts'),
  },
  {
    noun: 'standby',
    verb: 'promote',
    summary: 'make this standby the primary',
    description:
      'Refuses while another primary can be reached or WAL replay is paused. Where repmgrd runs, the repmgrds elect this node; --force does without a majority of them. Waits until the server can be written to, then corrects the metadata in one transaction.',
    examples: [
      { line: 'repmgr -f /etc/repmgr.conf standby promote --dry-run', about: 'only look' },
      { line: 'repmgr -f /etc/repmgr.conf standby promote', about: 'promote the local server' },
      {
        line: 'repmgr -f /etc/repmgr.conf standby promote --siblings-follow',
        about: 'and have the other nodes follow it',
      },
    ],
    options: ['siblingsFollow', 'remoteUser', 'remoteConfigFile'],
    needsConfig: true,
    load: () => import('./standby-promote.ts'),
  },
  {
    noun: 'standby',
    verb: 'follow',
    operand: { name: 'NODE', isRequired: false },
    summary: 'let this standby stream from the current primary',
    description:
      'Checks that the local server can follow before it changes anything, and that WAL streams afterwards. The server is restarted only where its version demands it.',
    examples: [
      { line: 'repmgr -f /etc/repmgr.conf standby follow', about: 'follow the primary of the metadata' },
      { line: 'repmgr -f /etc/repmgr.conf standby follow -W', about: 'wait for a primary first' },
    ],
    options: [
      ...connectionOptions,
      'dataDir',
      'upstreamNodeId',
      'replicationUser',
      'replicationConninfo',
      'noConninfoPassword',
      'recoveryMinApplyDelay',
      'nodeId',
      'node',
      'wait',
      'noWait',
    ],
    needsConfig: true,
    load: () => import('./standby-follow.ts'),
  },
  {
    noun: 'node',
    verb: 'rejoin',
    summary: 'make this stopped node a standby of the current primary again',
    description:
      'For a former primary, or a standby that was left behind. Follows as it is where nothing diverged; with --force-rewind it gives up by pg_rewind what only this server has, and keeps that WAL. -W does not wait until it streams.',
    examples: [
      {
        line: 'repmgr -f /etc/repmgr.conf -h node2 node rejoin --force-rewind --dry-run',
        about: 'only look',
      },
      {
        line: 'repmgr -f /etc/repmgr.conf -h node2 node rejoin --force-rewind',
        about: 'rejoin now',
      },
    ],
    options: [...connectionOptions, 'dataDir', 'forceRewind', 'configFiles', 'wait', 'noWait'],
    letters: { W: 'noWait' },
    needsConfig: true,
    load: () => import('./node-rejoin.ts'),
  },
  ...configArchiveCommands,
  ...witnessCommands,
  ...clusterCommands,
  ...daemonCommands,
  ...sandboxCommands,
];
