/** The part of the option table that the commands about the sandbox use. */
import type { Option } from './option.ts';

const flag = { group: 'command', value: { kind: 'none' } } as const;

export const sandboxOptions = {
  nodes: {
    group: 'command',
    long: 'nodes',
    value: { kind: 'integer', name: 'COUNT', minimum: 1, maximum: 20 },
    about: 'the number of servers: one primary, the rest standbys (default 3)',
  },
  postgresVersion: {
    group: 'command',
    long: 'postgres-version',
    value: { kind: 'integer', name: 'MAJOR', minimum: 10, maximum: 18 },
    about: 'major version of PostgreSQL, 10 to 18',
  },
  withRepmgrd: {
    ...flag,
    long: 'with-repmgrd',
    about: 'a repmgrd beside each server, which fails over by itself',
  },
  serverOnly: { ...flag, long: 'server-only', about: 'the server alone: the repmgrd beside it lives on' },
  directory: {
    group: 'command',
    long: 'directory',
    value: { kind: 'text', name: 'DIRECTORY' },
    about: 'where the sandbox is kept',
  },
} as const satisfies Readonly<Record<string, Option>>;
