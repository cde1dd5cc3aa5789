/** The part of the command table that is about repmgrd. */
import type { Command } from './command.ts';
import { connectionOptions } from './options.ts';

export const daemonCommands: readonly Command[] = [
  {
    noun: 'debug',
    verb: 'replay',
    operand: { name: 'FILE', isRequired: true },
    summary: 'show each decision of a repmgrd that ran with --record',
    description:
      'Makes the decisions again, from the events in the file, and shows each with its reason, what led to it and what was done. No server is asked.',
    examples: [{ line: 'repmgr debug replay /var/tmp/repmgrd.record', about: 'what did it do, and why?' }],
    options: [],
    needsConfig: false,
    readsConfig: false,
    load: () => import('./debug-replay.ts'),
  },
  {
    noun: 'daemon',
    verb: 'status',
    summary: 'show every repmgrd and what it does',
    description:
      'Asks the repmgrd of each node over HTTP. Works without any PostgreSQL where the repmgrd of this node runs; else the nodes are read from the metadata.',
    examples: [
      { line: 'repmgr -f /etc/repmgr.conf daemon status', about: 'as a table' },
      { line: 'repmgr -f /etc/repmgr.conf daemon status --detail', about: 'with term, leader and lease' },
    ],
    options: [...connectionOptions, 'csv', 'detail'],
    needsConfig: true,
    load: () => import('./daemon-status.ts'),
  },
  {
    noun: 'daemon',
    verb: 'pause',
    summary: 'let nobody be promoted for a while',
    description:
      'A majority of the repmgrds keeps the pause, over their restarts too. It ends by itself. Meanwhile nothing is promoted, fenced or attached anew. With --node it is one node that is left alone.',
    examples: [
      {
        line: 'repmgr -f /etc/repmgr.conf daemon pause --for 30m --reason=upgrade',
        about: 'half an hour',
      },
      {
        line: 'repmgr -f /etc/repmgr.conf daemon pause --node 3',
        about: 'node 3 alone, as "node maintenance" there',
      },
    ],
    options: ['forDuration', 'reason', 'node', 'nodeId'],
    needsConfig: true,
    load: () => import('./daemon-pause.ts'),
  },
  {
    noun: 'daemon',
    verb: 'unpause',
    summary: 'end a pause',
    description:
      'Failover is possible again at once. Where the primary is gone for good, --force ends the pause on this node alone: a majority must be told.',
    examples: [{ line: 'repmgr -f /etc/repmgr.conf daemon unpause', about: 'end the pause' }],
    options: ['node', 'nodeId'],
    needsConfig: true,
    load: () => import('./daemon-unpause.ts'),
  },
  {
    noun: 'daemon',
    verb: 'start',
    summary: 'start the repmgrd of this node',
    description:
      'Runs repmgrd_service_start_command, or repmgrd itself where that is not set, and waits until it answers.',
    examples: [{ line: 'repmgr -f /etc/repmgr.conf daemon start', about: 'start it' }],
    options: ['wait', 'noWait'],
    needsConfig: true,
    load: () => import('./daemon-start.ts'),
  },
  {
    noun: 'daemon',
    verb: 'stop',
    summary: 'stop the repmgrd of this node',
    description:
      'Runs repmgrd_service_stop_command, or signals repmgrd where that is not set, and waits until it has ended. PostgreSQL runs on.',
    examples: [{ line: 'repmgr -f /etc/repmgr.conf daemon stop', about: 'stop it' }],
    options: ['wait', 'noWait'],
    needsConfig: true,
    load: () => import('./daemon-stop.ts'),
  },
  {
    noun: 'node',
    verb: 'maintenance',
    summary: 'let repmgrd leave this node alone for a while',
    description:
      'Its repmgrd goes on to vote, and neither stands for election nor touches its PostgreSQL. On the primary it is a pause of the whole cluster.',
    examples: [
      { line: 'repmgr -f /etc/repmgr.conf node maintenance --for 20m', about: 'twenty minutes' },
      { line: 'repmgr -f /etc/repmgr.conf node maintenance --off', about: 'end it' },
    ],
    options: ['forDuration', 'off', 'node', 'nodeId'],
    needsConfig: true,
    load: () => import('./node-maintenance.ts'),
  },
  {
    noun: 'node',
    verb: 'diverged',
    summary: 'show what was in WAL that a rejoin gave up',
    description:
      'A node that wrote what nobody else has keeps that WAL when it becomes a standby again. Lists it, with tables, rows and transactions where pg_waldump is installed.',
    examples: [
      { line: 'repmgr -f /etc/repmgr.conf node diverged', about: 'each time, the last one first' },
      { line: 'repmgr -f /etc/repmgr.conf node diverged --json', about: 'for scripts' },
    ],
    options: ['pgBindir'],
    needsConfig: true,
    load: () => import('./node-diverged.ts'),
  },
  {
    noun: 'explain',
    verb: '',
    summary: 'tell why there was a failover, or none',
    description:
      'Prints the last decisions of every repmgrd that can be reached, oldest first, with the rule of each.',
    examples: [
      { line: 'repmgr -f /etc/repmgr.conf explain', about: 'the last 20 decisions' },
      { line: 'repmgr -f /etc/repmgr.conf explain --all --json', about: 'all that are remembered' },
    ],
    options: [...connectionOptions, 'limit', 'all', 'node', 'nodeId'],
    needsConfig: true,
    load: () => import('./explain.ts'),
  },
];
