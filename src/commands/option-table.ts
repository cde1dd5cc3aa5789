/** Every option of the command line, of repmgr 3 and of 4 and 5; parsing, help and docs/commands.md follow from it. */
import { clusterNameMaximumBytes } from '../model/node.ts';
import { cloneOptions } from './clone-options.ts';
import { clusterOptions } from './cluster-options.ts';
import { daemonOptions } from './daemon-options.ts';
import { laterOptions } from './later-options.ts';
import type { Option } from './option.ts';
import { sandboxOptions } from './sandbox-options.ts';
import { witnessOptions } from './witness-options.ts';

const none = { kind: 'none' } as const;
const seconds = { kind: 'optional-integer', name: 'SECONDS', minimum: 0 } as const;
const general = { group: 'general', value: none } as const;
const logging = { group: 'logging', value: none } as const;
const flag = { group: 'command', value: none } as const;
const text = (name: string) => ({ group: 'command', value: { kind: 'text', name } as const }) as const;
const connection = (name: string) =>
  ({ group: 'connection', value: { kind: 'text', name, mayBeEmpty: true } as const }) as const;

export const optionTable = {
  help: { ...general, long: 'help', short: '?', about: 'show this help, or that of the command, then exit' },
  version: { ...general, long: 'version', short: 'V', about: 'show the version, then exit' },
  versionNumber: {
    ...general,
    long: 'version-number',
    about: 'show the version as a number such as 50500, then exit',
  },
  configFile: {
    group: 'general',
    long: 'config-file',
    short: 'f',
    value: { kind: 'text', name: 'FILE' },
    about:
      'the configuration file; otherwise ./repmgr.conf, /etc/repmgr.conf, then that of pg_config --sysconfdir',
  },
  pgBindir: {
    group: 'general',
    long: 'pg_bindir',
    short: 'b',
    also: ['pg-bindir'],
    value: { kind: 'text', name: 'DIRECTORY', mayBeEmpty: true },
    about: "where PostgreSQL's programs are; otherwise pg_bindir of the file, then PATH",
  },
  force: { ...general, long: 'force', short: 'F', about: 'allow what could overwrite something' },
  dryRun: { ...general, long: 'dry-run', about: 'show what would be done and change nothing' },
  json: { ...general, long: 'json', about: 'print one JSON object' },
  checkUpstreamConfig: {
    ...general,
    long: 'check-upstream-config',
    about: 'show whether the server of -h, -p, -U and -d can be cloned, then exit; needs no command',
  },
  cluster: {
    group: 'general',
    long: 'cluster',
    value: { kind: 'text', name: 'NAME', maximumBytes: clusterNameMaximumBytes },
    about: 'the name of the cluster; wins over the one in the file',
  },

  logLevel: {
    group: 'logging',
    long: 'log-level',
    short: 'L',
    value: {
      kind: 'choice',
      name: 'LEVEL',
      choices: ['DEBUG', 'INFO', 'NOTICE', 'WARNING', 'ERR', 'ERROR', 'ALERT', 'CRIT', 'EMERG'],
    },
    about: 'DEBUG, INFO, NOTICE (default), WARNING, ERR, ALERT, CRIT or EMERG',
  },
  logToFile: { ...logging, long: 'log-to-file', about: 'log where repmgrd logs' },
  verbose: { ...logging, long: 'verbose', short: 'v', about: 'write INFO lines too' },
  terse: {
    ...logging,
    long: 'terse',
    short: 't',
    about: 'leave out DETAIL and HINT lines, and option warnings',
  },
  quiet: { ...logging, long: 'quiet', short: 'q', about: 'write errors only' },

  dbname: {
    ...connection('NAME'),
    long: 'dbname',
    short: 'd',
    about: 'database, or a whole connection string',
  },
  host: { ...connection('HOST'), long: 'host', short: 'h', about: 'host name, address or socket directory' },
  port: {
    group: 'connection',
    long: 'port',
    short: 'p',
    value: { kind: 'integer', name: 'PORT', minimum: 0, maximum: 65_535 },
    about: 'port of the server',
  },
  username: { ...connection('USER'), long: 'username', short: 'U', about: 'database user' },

  dataDir: {
    ...text('DIRECTORY'),
    long: 'data-dir',
    short: 'D',
    also: ['pgdata', 'dest-dir'],
    about: 'the data directory to work on',
  },

  ...cloneOptions,

  waitSync: {
    group: 'command',
    long: 'wait-sync',
    value: seconds,
    about: 'wait until the standby has its row',
  },
  waitStart: {
    group: 'command',
    long: 'wait-start',
    value: seconds,
    about: 'wait until the standby accepts connections',
  },
  wait: { group: 'command', long: 'wait', short: 'W', value: seconds, about: 'wait for a primary' },
  noWait: { ...flag, long: 'no-wait', about: 'do not wait' },
  forceRewind: {
    group: 'command',
    long: 'force-rewind',
    value: { kind: 'optional-text', name: 'PATH' },
    about: 'give up what only this server has, by pg_rewind',
  },
  configFiles: {
    ...text('LIST'),
    long: 'config-files',
    about: 'further files of the data directory that a rewind is to leave alone, separated by commas',
  },
  node: {
    group: 'command',
    long: 'node',
    value: { kind: 'integer', name: 'ID', minimum: 1 },
    about: 'the node that is meant; the same as --node-id',
  },
  nodeId: {
    group: 'command',
    long: 'node-id',
    value: { kind: 'integer', name: 'ID', minimum: 1 },
    about: 'the node that is meant, by its id; otherwise the local one',
  },
  nodeName: { ...text('NAME'), long: 'node-name', about: 'the node that is meant, by its name' },
  csv: { ...flag, long: 'csv', about: 'print comma-separated values' },
  compact: { ...flag, long: 'compact', about: 'leave out the widest column: connection strings, or details' },

  ...sandboxOptions,
  ...clusterOptions,
  ...witnessOptions,
  ...daemonOptions,
  ...laterOptions,

  ignoreExternalConfigFiles: {
    ...flag,
    isWithoutEffect: true,
    long: 'ignore-external-config-files',
    about: 'files outside the data directory are not copied anyway',
  },
  withoutBarman: {
    ...flag,
    isWithoutEffect: true,
    long: 'without-barman',
    about: 'the copy is never made by Barman anyway',
  },
  noUpstreamConnection: {
    ...flag,
    isWithoutEffect: true,
    long: 'no-upstream-connection',
    about: 'without Barman the upstream has to be asked',
  },
  relic: { ...flag, isWithoutEffect: true, short: 'I', about: 'a relic of old versions' },
} as const satisfies Readonly<Record<string, Option>>;

export type OptionKey = keyof typeof optionTable;
