/** The part of the option table that the commands about a witness use. */
import type { Option } from './option.ts';

export const witnessOptions = {
  superuser: {
    group: 'command',
    long: 'superuser',
    short: 'S',
    value: { kind: 'text', name: 'USER' },
    about: 'superuser of the new server (default postgres), or the one to grant as',
  },
  passwordPrompt: {
    group: 'command',
    long: 'pwprompt',
    short: 'P',
    value: { kind: 'none' },
    about: 'ask for the passwords of the new roles',
  },
  initdbNoPwprompt: {
    group: 'command',
    isWithoutEffect: true,
    long: 'initdb-no-pwprompt',
    value: { kind: 'none' },
    about: 'passwords are only asked for with --pwprompt',
  },
  localPort: {
    group: 'command',
    isWithoutEffect: true,
    long: 'local-port',
    short: 'l',
    value: { kind: 'integer', name: 'PORT', minimum: 0 },
    about: 'the port in conninfo counts',
  },
} as const satisfies Readonly<Record<string, Option>>;
