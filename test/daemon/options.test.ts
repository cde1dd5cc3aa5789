import { describe, expect, test } from 'vitest';
import { parseDaemonArguments } from '../../src/daemon/options.ts';

const nothingGiven = {
  configFile: undefined,
  logLevel: undefined,
  isVerbose: false,
  isTerse: false,
  checksConfigOnly: false,
  recordsHistory: false,
  isDaemonized: false,
  pidFile: undefined,
  writesNoPidFile: false,
  showsPidFileOnly: false,
  recording: undefined,
};

describe('the options of repmgrd', () => {
  test.each([
    [[], {}],
    [['-f', 'a'], { configFile: 'a' }],
    [['--config-file=a', '-f', 'b'], { configFile: 'b' }],
    [['-vt'], { isVerbose: true, isTerse: true }],
    [['-L', 'ERR'], { logLevel: 'ERROR' }],
    [['--log-level', 'DEBUG'], { logLevel: 'DEBUG' }],
    [['--check-config'], { checksConfigOnly: true }],
    [
      ['-d', '-m', '-p', '/pid', '--no-pid-file'],
      { isDaemonized: true, recordsHistory: true, pidFile: '/pid', writesNoPidFile: true },
    ],
    [['--daemonize=false', '-s'], { showsPidFileOnly: true }],
    [['--daemonize=true'], { isDaemonized: true }],
    [['--record', '/tmp/record'], { recording: '/tmp/record' }],
  ])('%j', (args, options) => {
    expect(parseDaemonArguments(args)).toEqual({ kind: 'run', options: { ...nothingGiven, ...options } });
  });

  test('help and version win over errors', () => {
    expect(parseDaemonArguments(['--wrong', '-?'])).toEqual({ kind: 'help' });
    expect(parseDaemonArguments(['-V', '--wrong'])).toEqual({ kind: 'version' });
  });

  test.each([
    ['--wrong', 'unknown option "--wrong"'],
    ['-x', 'unknown option "-x"'],
    ['start', 'unexpected argument "start"'],
    ['--verbos', 'unknown option "--verbos"; did you mean "--verbose"?'],
    ['password=secret', 'unexpected argument "password=***"'],
    [
      '--log-level=LOUD',
      'option "--log-level" takes one of DEBUG, INFO, NOTICE, WARNING, ERROR, ALERT, CRIT, EMERG, not "LOUD"',
    ],
    ['--pid-file', 'option "--pid-file" needs a value'],
    ['--verbose=1', 'option "--verbose" takes no value'],
    ['--daemonize=maybe', 'option "--daemonize" takes true or false'],
  ])('%s is an error', (argument, message) => {
    expect(parseDaemonArguments([argument])).toEqual({ kind: 'invalid', errors: [message] });
  });
});
