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
  token: {
    group: 'command',
    long: 'token',
    value: { kind: 'text', name: 'TOKEN' },
    about:
      'what "witness invite" printed; others may see it in the list of processes, so rather --token-file',
  },
  tokenFile: {
    group: 'command',
    long: 'token-file',
    value: { kind: 'text', name: 'FILE' },
    about: 'the file with the token; - is standard input',
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
