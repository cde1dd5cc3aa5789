/** The part of the command table that is about witnesses. */
import type { Command } from './command.ts';
import { connectionOptions } from './options.ts';

export const witnessCommands: readonly Command[] = [
  {
    noun: 'witness',
    verb: 'create',
    summary: 'make a PostgreSQL for a witness, and register it',
    description:
      'Makes a new, small PostgreSQL in the data directory of -D, on the port of "conninfo", with role, database and a copy of the metadata; the connection options lead to the primary. Whatever fails is undone.',
    examples: [
      {
        line: 'repmgr -d repmgr -U repmgr -h node1 -D /srv/witness -f /etc/repmgr.conf witness create --dry-run',
        about: 'only look',
      },
      { line: 'repmgr -h node1 -D /srv/witness -f /etc/repmgr.conf witness create', about: 'the usual way' },
    ],
    options: [...connectionOptions, 'dataDir', 'superuser', 'passwordPrompt'],
    needsConfig: true,
    load: () => import('./witness-create.ts'),
  },
  {
    noun: 'witness',
    verb: 'register',
    summary: 'register a PostgreSQL that is there as a witness',
    description:
      'Copies the metadata into the database of "conninfo" and writes the row of the witness on the primary, to which the connection options lead.',
    examples: [{ line: 'repmgr -h node1 -f /etc/repmgr.conf witness register', about: 'the usual way' }],
    options: [...connectionOptions],
    needsConfig: true,
    load: () => import('./witness-register.ts'),
  },
  {
    noun: 'witness',
    verb: 'invite',
    summary: 'print a token that lets in one witness without PostgreSQL',
    description:
      'On the primary, where repmgrd must run. The token is good once, and for 10 minutes unless --for says otherwise; who has it can join the cluster as a witness.',
    examples: [
      { line: 'repmgr -f /etc/repmgr.conf witness invite', about: 'print a token' },
      { line: 'repmgr -f /etc/repmgr.conf witness invite --for 1h --json', about: 'for scripts' },
    ],
    options: ['forDuration'],
    needsConfig: true,
    load: () => import('./witness-invite.ts'),
  },
  {
    noun: 'witness',
    verb: 'join',
    summary: 'make this machine a witness without PostgreSQL',
    description:
      'repmgr.conf has "cluster", "node" and "api_listen", and no "conninfo". Shows the token to the repmgrd of the primary, which registers this node, and writes the state file that repmgrd starts from. The token comes from --token-file, --token, REPMGR_TOKEN, else from standard input.',
    examples: [
      {
        line: 'repmgr -f /etc/repmgr.conf witness join --token-file=/root/token --dry-run',
        about: 'only ask; the token stays good',
      },
      { line: 'repmgr -f /etc/repmgr.conf witness join', about: 'the token comes by standard input' },
      {
        line: 'repmgr -f /etc/repmgr.conf witness join --force',
        about: 'again, with a new token, in place of its former row',
      },
    ],
    options: ['token', 'tokenFile'],
    needsConfig: true,
    load: () => import('./witness-join.ts'),
  },
  {
    noun: 'witness',
    verb: 'unregister',
    summary: 'take the row of a witness out of the metadata',
    description:
      'May be run on any node of the cluster. The row goes on the primary and on the witness; PostgreSQL itself is not touched. With --force and the connection options of the primary also where the witness is down.',
    examples: [
      { line: 'repmgr -f /etc/repmgr.conf witness unregister', about: 'on the witness' },
      { line: 'repmgr -f /etc/repmgr.conf witness unregister --node-id=4', about: 'on another node' },
    ],
    options: [...connectionOptions, 'node', 'nodeId', 'nodeName'],
    needsConfig: true,
    load: () => import('./witness-unregister.ts'),
  },
];
