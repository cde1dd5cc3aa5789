/** The part of the command table that keeps configuration files while something overwrites them. */
import type { Command } from './command.ts';

export const configArchiveCommands: readonly Command[] = [
  {
    noun: 'standby',
    verb: 'archive-config',
    summary: 'copy the configuration files of the local server elsewhere',
    description:
      'For scripts that run pg_rewind, which brings the configuration files of the other server. Copies those within the data directory, readable by their owner only.',
    examples: [
      {
        line: 'repmgr -f /etc/repmgr.conf --config-archive-dir=/var/tmp/node1 standby archive-config',
        about: 'before pg_rewind',
      },
    ],
    options: ['configArchiveDir'],
    requires: ['configArchiveDir'],
    needsConfig: true,
    load: () => import('./standby-archive-config.ts'),
  },
  {
    noun: 'standby',
    verb: 'restore-config',
    summary: 'bring back what archive-config has kept',
    description: 'Copies the files into the data directory, and removes them from where they were kept.',
    examples: [
      {
        line: 'repmgr -D /srv/data --config-archive-dir=/var/tmp/node1 standby restore-config',
        about: 'after pg_rewind',
      },
    ],
    options: ['configArchiveDir', 'dataDir'],
    requires: ['configArchiveDir', 'dataDir'],
    needsConfig: false,
    readsConfig: false,
    load: () => import('./standby-restore-config.ts'),
  },
];
