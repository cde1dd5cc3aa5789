/** The part of the command table that is about the cluster as a whole. */
import type { Command } from './command.ts';
import { connectionOptions } from './options.ts';

export const clusterCommands: readonly Command[] = [
  {
    noun: 'cluster',
    verb: 'show',
    summary: 'list the nodes and what they do',
    description:
      'Asks all nodes at the same time. Where servers and metadata disagree, lines on stderr below the table say so.',
    examples: [
      { line: 'repmgr -f /etc/repmgr.conf cluster show', about: 'as a table' },
      {
        line: 'repmgr --cluster=test -h node1 -U repmgr -d repmgr cluster show --json',
        about: 'without a file',
      },
    ],
    options: [...connectionOptions, 'csv', 'compact'],
    needsConfig: false,
    load: () => import('./cluster-show.ts'),
  },
  {
    noun: 'cluster',
    verb: 'event',
    summary: 'list what happened to the cluster',
    description:
      'Prints the recorded events, newest first. Asks one server, which may be a standby or a witness.',
    examples: [
      { line: 'repmgr -f /etc/repmgr.conf cluster event', about: 'the last 20' },
      {
        line: 'repmgr -f /etc/repmgr.conf cluster event --event=standby_promote --all',
        about: 'every promotion',
      },
    ],
    options: [
      ...connectionOptions,
      'node',
      'nodeId',
      'nodeName',
      'event',
      'limit',
      'all',
      'csv',
      'compact',
      'explain',
    ],
    needsConfig: false,
    load: () => import('./cluster-event.ts'),
  },
  {
    noun: 'cluster',
    verb: 'cleanup',
    summary: 'delete old monitoring history',
    description:
      'Deletes rows of repl_monitor on the primary, wherever it is run. The newest row of each node stays.',
    examples: [
      { line: 'repmgr -f /etc/repmgr.conf cluster cleanup -k 30', about: 'keep 30 days' },
      { line: 'repmgr -f /etc/repmgr.conf cluster cleanup --node=3 --dry-run', about: 'only look' },
    ],
    options: ['keepHistory', 'node', 'nodeId'],
    needsConfig: true,
    load: () => import('./cluster-cleanup.ts'),
  },
  {
    noun: 'cluster',
    verb: 'matrix',
    summary: 'show which node reaches which',
    description:
      'Connects to every node, and has each node that answers do the same: by SSH it runs "repmgr cluster show --csv" there. With --cluster the node that this is must be said by --node.',
    examples: [
      { line: 'repmgr -f /etc/repmgr.conf cluster matrix', about: 'as a table' },
      { line: 'repmgr -f /etc/repmgr.conf -R postgres cluster matrix --csv', about: 'for a script' },
    ],
    options: [...connectionOptions, 'node', 'nodeId', 'remoteUser', 'csv'],
    needsConfig: false,
    load: () => import('./cluster-matrix.ts'),
  },
  {
    noun: 'cluster',
    verb: 'crosscheck',
    summary: 'show which node reaches which, as all nodes see it together',
    description:
      'Has every node make its matrix, by SSH, and combines them: what one of them reached counts as reached.',
    examples: [
      { line: 'repmgr -f /etc/repmgr.conf cluster crosscheck', about: 'as a table' },
      { line: 'repmgr -f /etc/repmgr.conf cluster crosscheck --json', about: 'with what went wrong' },
    ],
    options: [...connectionOptions, 'node', 'nodeId', 'remoteUser', 'csv'],
    needsConfig: false,
    load: () => import('./cluster-crosscheck.ts'),
  },
  {
    noun: 'cluster',
    verb: 'upgrade-schema',
    summary: 'turn the metadata of repmgr 2 into those of repmgr 3',
    description:
      'Run it on the primary, which repmgr 2 has no record of. The old table stays as repl_nodes2_0. Metadata of repmgr 3 need no upgrade. --dry-run prints the SQL.',
    examples: [
      { line: 'repmgr -f /etc/repmgr.conf cluster upgrade-schema --dry-run', about: 'see the SQL' },
      { line: 'repmgr -f /etc/repmgr.conf cluster upgrade-schema', about: 'do it, in one transaction' },
    ],
    options: [],
    needsConfig: true,
    load: () => import('./cluster-upgrade-schema.ts'),
  },
  {
    noun: 'cluster',
    verb: 'import',
    summary: 'take over a cluster of repmgr 4 or 5',
    description:
      'Run it on the primary, with the repmgr.conf of repmgr 5 and a name for the cluster. Copies nodes, events and monitoring history into the metadata of this repmgr, and prints the repmgr.conf of this node, or writes it with --output: only the file has the passwords of connection strings. What repmgr 5 has stays as it is.',
    examples: [
      {
        line: 'repmgr -f /etc/repmgr.conf --cluster=main cluster import --from-repmgr5 --dry-run',
        about: 'only look',
      },
      {
        line: 'repmgr -f /etc/repmgr.conf --cluster=main cluster import --from-repmgr5 --output=/etc/new.conf',
        about: 'on the primary: import, and write its new repmgr.conf',
      },
      {
        line: 'repmgr -f /etc/repmgr.conf --cluster=main cluster import --from-repmgr5 --config-only',
        about: 'on the others: print theirs',
      },
    ],
    options: ['fromRepmgr5', 'configOnly', 'output'],
    needsConfig: true,
    load: () => import('./cluster-import.ts'),
  },
  {
    noun: 'cluster',
    verb: 'rotate-secret',
    summary: 'change the secret that the repmgrds share',
    description:
      'Makes another secret on the primary, wherever it is run. Both are accepted until every repmgrd knows the new one, so that none refuses the other; then the former one ends. It takes some seconds. Interrupted, the same command goes on. With --force also without the repmgrds that do not answer: they read the new secret when they start, but a witness without PostgreSQL has to join again.',
    examples: [
      { line: 'repmgr -f /etc/repmgr.conf cluster rotate-secret --dry-run', about: 'who must hear of it?' },
      { line: 'repmgr -f /etc/repmgr.conf cluster rotate-secret', about: 'change it' },
      {
        line: 'repmgr -f /etc/repmgr.conf cluster rotate-secret --force',
        about: 'while the repmgrd of a node is stopped',
      },
    ],
    options: [],
    needsConfig: true,
    load: () => import('./cluster-rotate-secret.ts'),
  },
  {
    noun: 'cluster',
    verb: 'grants',
    summary: 'print or make what a role needs that is no superuser',
    description:
      'Prints the statements for the role of "conninfo" on this version of PostgreSQL, and what remains impossible. With --execute they are run, in one transaction.',
    examples: [
      { line: 'repmgr -f /etc/repmgr.conf cluster grants', about: 'what is missing, as SQL' },
      { line: 'repmgr -f /etc/repmgr.conf cluster grants --execute -S postgres', about: 'make it so' },
    ],
    options: ['superuser', 'execute', 'all'],
    needsConfig: true,
    load: () => import('./cluster-grants.ts'),
  },
];
