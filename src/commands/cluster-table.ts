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
];
