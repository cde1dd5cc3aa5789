/** What `--check-upstream-config` runs: a command without noun and verb. */
import type { Command } from './command.ts';
import { connectionOptions } from './options.ts';

export const upstreamCheck: Command = {
  noun: '',
  verb: '--check-upstream-config',
  summary: 'show whether a server can be cloned',
  description: 'Looks at every setting of the server that matters to its standbys, and changes nothing.',
  examples: [],
  options: [
    ...connectionOptions,
    'walKeepSegments',
    'backupMethod',
    'rsyncOnly',
    'replicationUser',
    'replicationConninfo',
  ],
  needsConfig: false,
  load: () => import('./check-upstream-config.ts'),
};
