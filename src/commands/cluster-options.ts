/** The part of the option table that only commands about the whole cluster use. */
import type { Option } from './option.ts';

const flag = { group: 'command', value: { kind: 'none' } } as const;

export const clusterOptions = {
  keepHistory: {
    group: 'command',
    long: 'keep-history',
    short: 'k',
    value: { kind: 'integer', name: 'DAYS', minimum: 0, maximum: 36_500 },
    about: 'days of monitoring history to keep; 0 (default) keeps the newest row of each node only',
  },
  limit: {
    group: 'command',
    long: 'limit',
    value: { kind: 'integer', name: 'COUNT', minimum: 1 },
    about: 'how many rows to print (default 20)',
  },
  all: { ...flag, long: 'all', about: 'print all there is' },
  event: {
    group: 'command',
    long: 'event',
    value: { kind: 'text', name: 'NAME' },
    about: 'events of this name only',
  },
  remoteUser: {
    group: 'command',
    long: 'remote-user',
    short: 'R',
    value: { kind: 'text', name: 'USER' },
    about: 'the user to log in as by SSH; otherwise the one that runs repmgr',
  },
  remoteConfigFile: {
    group: 'command',
    long: 'remote-config-file',
    short: 'C',
    value: { kind: 'text', name: 'FILE' },
    about:
      'repmgr.conf on the other hosts; otherwise one at the path of our own, or where repmgr looks over there',
  },
  siblingsFollow: {
    ...flag,
    long: 'siblings-follow',
    about: 'afterwards have the other standbys, and witnesses, follow by SSH',
  },
  fromRepmgr5: {
    ...flag,
    long: 'from-repmgr5',
    about: 'from the schema "repmgr" of repmgr 4 and 5, in the database of conninfo',
  },
  configOnly: {
    ...flag,
    long: 'config-only',
    about: 'print repmgr.conf only, for the other nodes of the cluster; needs no server',
  },
  output: {
    group: 'command',
    long: 'output',
    value: { kind: 'text', name: 'FILE' },
    about: 'write the repmgr.conf into this file, readable by its owner only, instead of printing it',
  },
  execute: { ...flag, long: 'execute', about: 'run the statements instead of printing them' },
} as const satisfies Readonly<Record<string, Option>>;
