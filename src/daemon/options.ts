/** The command line of repmgrd: the options of repmgr 3, and those of 5 that it shares with it. */
import { parseArgs } from 'node:util';
import { type LogLevel, logLevels } from '../log/logger.ts';
import { redactConninfo } from '../model/conninfo.ts';
import { nearest } from '../model/nearest.ts';

export interface DaemonOptions {
  readonly configFile: string | undefined;
  readonly logLevel: LogLevel | undefined;
  readonly isVerbose: boolean;
  readonly isTerse: boolean;
  /** `--check-config`: judge the configuration file and do nothing else. */
  readonly checksConfigOnly: boolean;
  /** Rows into repl_monitor, whatever `monitoring_history` says. */
  readonly recordsHistory: boolean;
  /** Go into the background. */
  readonly isDaemonized: boolean;
  /** Of `-p`; wins over repmgrd_pid_file. */
  readonly pidFile: string | undefined;
  readonly writesNoPidFile: boolean;
  /** `--show-pid-file`: print its path and do nothing else. */
  readonly showsPidFileOnly: boolean;
  /** `--record FILE`: for `repmgr debug replay`. */
  readonly recording: string | undefined;
}

export type DaemonCommandLine =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'invalid'; readonly errors: readonly string[] }
  | { readonly kind: 'run'; readonly options: DaemonOptions };

const known = {
  help: { type: 'boolean', short: '?' },
  version: { type: 'boolean', short: 'V' },
  'config-file': { type: 'string', short: 'f' },
  'check-config': { type: 'boolean' },
  verbose: { type: 'boolean', short: 'v' },
  terse: { type: 'boolean', short: 't' },
  'log-level': { type: 'string', short: 'L' },
  'monitoring-history': { type: 'boolean', short: 'm' },
  daemonize: { type: 'boolean', short: 'd' },
  'pid-file': { type: 'string', short: 'p' },
  'no-pid-file': { type: 'boolean' },
  'show-pid-file': { type: 'boolean', short: 's' },
  record: { type: 'string' },
} as const;

type OptionName = keyof typeof known;

/** The whole of `repmgrd --help`. */
export const daemonHelp = `repmgrd: watches a PostgreSQL server and its cluster

Usage:
  repmgrd --check-config [-f FILE]
  repmgrd [OPTIONS]

General options:
  -?, --help                 show this help, then exit
  -V, --version              show the version, then exit
  -f, --config-file FILE     the configuration file; otherwise ./repmgr.conf, /etc/repmgr.conf,
                             then repmgr.conf in the directory of \`pg_config --sysconfdir\`
      --check-config         tell everything that is wrong with the file, then exit with 0 or 1

Logging options:
  -L, --log-level LEVEL      DEBUG, INFO, NOTICE, WARNING, ERR, ALERT, CRIT or EMERG
  -v, --verbose              write INFO lines, and where the configuration file was looked for
  -t, --terse                leave DETAIL and HINT lines out

Monitoring options:
  -m, --monitoring-history   write rows into the table repl_monitor
  -d, --daemonize[=BOOLEAN]  detach from the terminal
  -p, --pid-file FILE        write the process id into FILE
      --no-pid-file          write no such file, whatever the configuration says
  -s, --show-pid-file        show where that file would be, then exit
      --record FILE          write all that it sees into FILE, for \`repmgr debug replay FILE\`;
                             what was recorded before is kept as FILE.1

Signals:
  SIGTERM and SIGINT end it in good order; PostgreSQL is left as it is.
  SIGHUP makes it read the configuration file again, and open its log file anew.

Examples:
  repmgrd --check-config                            judge the file that would be found
  repmgrd --check-config -f /etc/repmgr/node1.conf  judge this file
  repmgrd -f /etc/repmgr.conf -d -p /run/repmgrd.pid
                                                    watch this node, in the background
`;

/** In a sentence. */
export const optionsOfDaemon = `repmgrd takes ${Object.keys(known)
  .map((name) => `--${name}`)
  .join(', ')}, and no other arguments.`;

/** Reads the arguments and finds all errors at once. `--help` and `--version` win over errors, the first of them counts. */
export function parseDaemonArguments(args: readonly string[]): DaemonCommandLine {
  const { tokens } = parseArgs({
    args: [...args],
    options: known,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = new Map<OptionName, string | undefined>();
  const errors: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') errors.push(`unexpected argument "${redactConninfo(token.value)}"`);
    if (token.kind !== 'option') continue;
    if (token.name === 'help' || token.name === 'version') return { kind: token.name };
    const problem = findProblem(token.name, token.rawName, token.value);
    if (problem === undefined) values.set(token.name as OptionName, token.value);
    else errors.push(problem);
  }
  if (errors.length > 0) return { kind: 'invalid', errors };
  return {
    kind: 'run',
    options: {
      configFile: values.get('config-file'),
      logLevel: toLogLevel(values.get('log-level')),
      isVerbose: values.has('verbose'),
      isTerse: values.has('terse'),
      checksConfigOnly: values.has('check-config'),
      recordsHistory: values.has('monitoring-history'),
      isDaemonized: values.has('daemonize') && values.get('daemonize') !== 'false',
      pidFile: values.get('pid-file'),
      writesNoPidFile: values.has('no-pid-file'),
      showsPidFileOnly: values.has('show-pid-file'),
      recording: values.get('record'),
    },
  };
}

function findProblem(name: string, rawName: string, value: string | undefined): string | undefined {
  if (!isKnown(name)) {
    const meant = rawName.startsWith('--') ? nearest(name, Object.keys(known)) : undefined;
    return `unknown option "${rawName}"${meant === undefined ? '' : `; did you mean "--${meant}"?`}`;
  }
  if (known[name].type === 'string') {
    if (value === undefined || value === '') return `option "${rawName}" needs a value`;
    if (name === 'log-level' && toLogLevel(value) === undefined)
      return `option "${rawName}" takes one of ${logLevels.join(', ')}, not "${value}"`;
    return undefined;
  }
  if (value === undefined) return undefined;
  if (name !== 'daemonize') return `option "${rawName}" takes no value`;
  return ['true', 'false'].includes(value) ? undefined : `option "${rawName}" takes true or false`;
}

function isKnown(name: string): name is OptionName {
  return Object.hasOwn(known, name);
}

function toLogLevel(text: string | undefined): LogLevel | undefined {
  return text === 'ERR' ? 'ERROR' : logLevels.find((level) => level === text);
}
