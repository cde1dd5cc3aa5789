import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../src/commands/arguments.ts';
import { connectionFromOptions } from '../../src/commands/connection-options.ts';
import { longNamesOf, nameOf, optionKeys, optionOf } from '../../src/commands/options.ts';

const parse = (...args: readonly string[]) => parseCommandLine(args, {});

function accepted(...args: readonly string[]) {
  const line = parse(...args);
  if (line.kind !== 'run') throw new Error(`not accepted: ${JSON.stringify(line)}`);
  return line;
}

function errorsOf(...args: readonly string[]): readonly string[] {
  const line = parse(...args);
  return line.kind === 'invalid' ? line.errors.map(({ message }) => message) : [];
}

describe('the command line', () => {
  it('finds nouns and verbs in any case, and master for primary', () => {
    const { command } = accepted('MASTER', 'Register');
    expect([command.noun, command.verb]).toEqual(['primary', 'register']);
  });

  it('takes options anywhere', () => {
    fc.assert(
      fc.property(fc.nat(4), fc.nat(4), (first, second) => {
        const words = ['standby', 'clone', 'node1'];
        words.splice(Math.min(first, words.length), 0, '--dry-run');
        words.splice(Math.min(second, words.length), 0, '--data-dir=/d');
        const { options, operands } = accepted(...words);
        expect(options).toEqual({ dryRun: true, dataDir: '/d' });
        expect(operands).toEqual(['node1']);
      }),
    );
  });

  it('hands values over unchanged, whatever they contain', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (value) => {
        expect(accepted(`--replication-user=${value}`, 'cluster', 'show').options.replicationUser).toBe(
          value,
        );
        expect(accepted('--replication-user', value, 'cluster', 'show').options.replicationUser).toBe(value);
      }),
    );
  });

  it('never throws, and either accepts or says why not', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '--',
        '-',
        '-h',
        '--wait-sync',
        '--wait',
        'standby',
        'clone',
        '-Fv',
        '--no',
        '-w',
        '=5',
        '--__proto__',
        '--constructor=1',
        '--=x',
        '-\u{1f600}',
        '-v?',
        '--help',
      ),
    );
    fc.assert(
      fc.property(fc.array(word), (words) => {
        const line = parse(...words);
        if (line.kind === 'invalid') expect(line.errors.length).toBeGreaterThan(0);
      }),
    );
  });

  it('means the same in whatever order its options and words stand', () => {
    const groups = [
      ['-F'],
      ['--data-dir=/d'],
      ['-p', '5433'],
      ['--dbname', 'd'],
      ['-vt'],
      ['-hnode1'],
      ['--wait-start'],
    ];
    const expected = accepted(...groups.flat(), 'standby', 'clone');
    fc.assert(
      fc.property(
        fc.shuffledSubarray(groups, { minLength: groups.length }),
        fc.nat(7),
        fc.nat(7),
        (order, at, then) => {
          const words: (readonly string[])[] = [...order];
          const [first, second] = [Math.min(at, then), Math.max(at, then)];
          words.splice(second, 0, ['clone']);
          words.splice(first, 0, ['standby']);
          expect(accepted(...words.flat())).toEqual(expected);
        },
      ),
    );
  });

  it('takes an optional value with "=" only', () => {
    expect(accepted('standby', 'register', '--wait-sync=7').options.waitSync).toBe(7);
    expect(accepted('--wait-sync', 'standby', 'register').options.waitSync).toBe(true);
    expect(accepted('-W', 'standby', 'follow').options.wait).toBe(true);
    expect(errorsOf('standby', 'register', '--wait-sync', '60')).toEqual([
      '"60" belongs to no option; write --wait-sync=60',
    ]);
    expect(errorsOf('-W', '5', 'standby', 'follow')).toEqual(['"5" belongs to no option; write --wait=5']);
  });

  it('refuses an empty value, except where that asks for a default', () => {
    expect(errorsOf('-D', '', 'standby', 'clone', 'x')).toEqual([
      'option "-D" needs a value that is not empty',
    ]);
    expect(errorsOf('--config-file=', 'cluster', 'show')).toHaveLength(1);
    expect(accepted('-h', '', '-b', '', 'cluster', 'show').options).toEqual({ host: '', pgBindir: '' });
  });

  it('bundles letters, and takes -h for the host', () => {
    expect(accepted('-Fvhnode1', 'standby', 'clone').options).toEqual({
      force: true,
      verbose: true,
      host: 'node1',
    });
  });

  it('completes long names as long as they are unambiguous', () => {
    expect(accepted('--dry', '--verb', 'cluster', 'show').options).toEqual({ dryRun: true, verbose: true });
    expect(errorsOf('--up', 'cluster', 'show')[0]).toMatch(/ambiguous: .*--upstream-conninfo/);
    expect(accepted('--wait', 'standby', 'follow').options.wait).toBe(true);
  });

  it('does not complete the value of an option', () => {
    expect(accepted('-D', '--dry', 'standby', 'clone', 'node1').options.dataDir).toBe('--dry');
  });

  it('ends options at "--"', () => {
    expect(accepted('standby', 'clone', '--', '-h').operands).toEqual(['-h']);
  });

  it('lets the last of an option given twice win', () => {
    expect(accepted('-h', 'one', '-h', 'two', 'standby', 'clone').options.host).toBe('two');
  });

  it('knows other spellings', () => {
    expect(accepted('--pgdata=/d', '--pg-bindir=/b', 'standby', 'clone', 'x').options).toEqual({
      dataDir: '/d',
      pgBindir: '/b',
    });
  });

  it.each([
    ['', /^A command begins with one of: primary, standby, /],
    ['clsuter show', /^A command begins with one of: /],
    ['cluster shwo', /^What follows "cluster" is one of: show, event, /],
    ['cluster', /^A command is a noun and a verb/],
    ['cluster show --lmit=3', /^"cluster show" takes --dbname, .*--compact; every command takes --help, /],
    ['--lmit=3', /^Every command takes --help, /],
    ['cluster event --limit=0', /^--limit COUNT: .*; a whole number of at least 1\.$/],
    ['node rejoin --no-wait=x', /^-W, --no-wait: /],
    ['sandbox start --nodes', /^--nodes /],
    ['--log-level=LOUD cluster show', /one of DEBUG, INFO, /],
    ['daemon start -w', /What -w means in repmgr 4 and 5 is --wait here\.$/],
    ['debug replay', /^It is called so: repmgr \[OPTIONS\] debug replay FILE$/],
    ['standby promote now', /^It is called so: repmgr \[OPTIONS\] standby promote$/],
    ['standby follow -h a', /^With both of them/],
    ['standby clone a -h b', /^A host is named once/],
    ['--check-upstream-config --none', /^"--check-upstream-config" takes /],
  ])('says of "%s" what would be right', (words, detail) => {
    const line = parse(...words.split(' ').filter((word) => word !== ''));
    if (line.kind !== 'invalid') throw new Error(`not refused: ${JSON.stringify(line)}`);
    expect(line.errors.map((error) => error.detail)).toContainEqual(expect.stringMatching(detail));
  });

  it('finds all errors at once and suggests what was meant', () => {
    expect(errorsOf('clsuter', 'show', '--hots=3', '-p', 'x', '--force=1')).toEqual([
      'unknown option "--hots"; did you mean "--host"?',
      'option "-p" needs an integer from 0 to 65535, not "x"',
      'option "--force" takes no value',
      'unknown command "clsuter"; did you mean "cluster"?',
    ]);
    expect(errorsOf('cluster', 'shwo')[0]).toContain('did you mean "cluster show"');
    expect(errorsOf('node', 'stat')[0]).toContain('did you mean "node status"');
    expect(errorsOf('--constructor')[0]).toBe('unknown option "--constructor"');
    expect(errorsOf('standby', 'promote', 'now')).toEqual(['too many arguments, the first of them "now"']);
  });

  it('names the options without which a command cannot run', () => {
    expect(errorsOf('standby', 'restore-config', '-D', '/data')).toEqual([
      'standby restore-config needs the option "--config-archive-dir"',
    ]);
  });

  it('lists the verbs of a noun that this version has', () => {
    expect(errorsOf('Standby')).toEqual([
      '"Standby" needs one of: clone, register, unregister, promote, follow, archive-config, restore-config',
    ]);
    expect(errorsOf('node')[0]).toMatch(/^"node" needs one of: .*maintenance/);
  });

  it('takes no name of a cluster that is too long for a schema of PostgreSQL', () => {
    expect(errorsOf(`--cluster=${'ä'.repeat(29)}`, 'cluster', 'show')).toEqual([
      'option "--cluster" takes 56 bytes at most, not 58',
    ]);
    expect(accepted(`--cluster=${'ä'.repeat(28)}`, 'cluster', 'show').options.cluster).toHaveLength(28);
  });

  it('shows no password that was not quoted', () => {
    expect(errorsOf('cluster', 'show', '-d', 'host=a', 'password=secret')).toEqual([
      'too many arguments, the first of them "password=***"',
    ]);
    expect(errorsOf('-d', 'host=a', 'password=secret', 'cluster', 'show')).toEqual([
      'unknown command "password=***"',
    ]);
    expect(errorsOf('-p', '5432 password=secret', 'cluster', 'show').join()).not.toContain('secret');
    expect(errorsOf('-d', 'password=secret x', 'cluster', 'show').join()).not.toContain('secret');
  });

  it('judges the delay of a standby', () => {
    for (const delay of ['1', '90s', '5 min', '24d']) {
      const { options } = accepted('--recovery-min-apply-delay', delay, 'standby', 'clone', 'x');
      expect(options.recoveryMinApplyDelay).toBe(delay);
    }
    for (const delay of ['0', '-1', '1.5h', '5w', '25d', '']) {
      expect(errorsOf('--recovery-min-apply-delay', delay, 'standby', 'clone', 'x')).toHaveLength(1);
    }
  });

  it('judges log levels, ports and connection strings', () => {
    expect(accepted('-L', 'ERR', 'cluster', 'show').options.logLevel).toBe('ERROR');
    expect(errorsOf('-L', 'debug', 'cluster', 'show')).toHaveLength(1);
    expect(errorsOf('-d', "host='x", 'cluster', 'show')).toHaveLength(1);
    expect(errorsOf('--upstream-conninfo', 'nothing', 'standby', 'clone', 'x')).toHaveLength(1);
    expect(errorsOf('cluster', 'show', '-h')).toEqual(['option "-h" needs a value']);
  });

  it('wants one host for a clone, given once', () => {
    expect(errorsOf('standby', 'clone')).toHaveLength(1);
    expect(errorsOf('standby', 'clone', 'a', '-h', 'b')).toHaveLength(1);
    expect(errorsOf('standby', 'clone', 'a', '-d', 'host=b')).toHaveLength(1);
    expect(parseCommandLine(['standby', 'clone'], { PGHOST: 'a' }).kind).toBe('run');
  });

  it('wants host and directory together for follow', () => {
    expect(errorsOf('standby', 'follow', '-D', '/d')).toHaveLength(1);
    expect(errorsOf('standby', 'follow', '-h', 'a')).toHaveLength(1);
    expect(errorsOf('standby', 'follow', '-h', 'a', '-D', '/d')).toEqual([]);
  });

  it('warns of options that do nothing for the command', () => {
    expect(accepted('standby', 'promote', '-h', 'x', '-I').warnings).toHaveLength(2);
    expect(accepted('standby', 'follow', '-R', 'postgres').warnings).toEqual([
      'option "--remote-user" has no effect on standby follow, only on: standby clone, standby promote, cluster matrix, cluster crosscheck',
    ]);
    expect(accepted('standby', 'register', '-h', 'x').warnings).toHaveLength(1);
    expect(accepted('standby', 'register', '-h', 'x', '-F').warnings).toEqual([]);
  });

  it('says what this version does not have', () => {
    expect(parse('node', 'status').kind).toBe('not-built-yet');
  });

  it('checks an upstream without a command, and runs none beside it', () => {
    expect(accepted('--check-upstream-config', '-h', 'a', '-w', '5')).toMatchObject({
      options: { host: 'a', walKeepSegments: 5 },
      command: { verb: '--check-upstream-config' },
      warnings: [],
    });
    expect(accepted('--check-upstream-config', 'standby', 'clone', 'password=s3cret').warnings).toEqual([
      '"standby clone password=***" has no effect beside "--check-upstream-config"',
    ]);
    expect(errorsOf('--check-upstream-config', '-p', 'none')).toHaveLength(1);
  });

  it('gives help and version before anything else', () => {
    expect(parse('standby', 'clone', '-?', '--nonsense')).toMatchObject({
      kind: 'help',
      command: { verb: 'clone' },
    });
    for (const words of [
      ['--help', 'cluster', 'show'],
      ['-v?', 'cluster', 'show'],
      ['cluster', '--he', '-p', 'none', 'show', '--nonsense'],
      ['-p', '--help', '-?', 'cluster', 'show'],
    ]) {
      expect(parse(...words)).toMatchObject({ kind: 'help', command: { verb: 'show' } });
    }
    expect(parse('-V').kind).toBe('version');
  });
});

describe('every option', () => {
  const sample: Readonly<Record<string, string>> = {
    text: 'a=b c',
    integer: '12',
    conninfo: 'host=a',
    'apply-delay': '5min',
    'optional-integer': '12',
    'optional-text': 'x',
  };
  const optionsOf = (...words: readonly string[]) => {
    const line = parse(...words, 'standby', 'clone', 'x');
    return 'options' in line
      ? { options: line.options, errors: errorsOf(...words, 'standby', 'clone', 'x') }
      : line.kind;
  };

  it.each(optionKeys.map((key) => [nameOf(key), key] as const))(
    '%s means the same in each of its forms',
    (_, key) => {
      const { value, short } = optionOf(key);
      const letter = short === undefined ? undefined : `-${short}`;
      const text = 'choices' in value ? value.choices[0] : sample[value.kind];
      const isOptional = value.kind.startsWith('optional');
      const forms = longNamesOf(key).flatMap((name) => {
        if (text === undefined) return [[`--${name}`]];
        return isOptional ? [[`--${name}=${text}`]] : [[`--${name}=${text}`], [`--${name}`, text]];
      });
      if (letter !== undefined && text === undefined) forms.push([letter]);
      if (letter !== undefined && text !== undefined && !isOptional)
        forms.push([letter, text], [`${letter}${text}`]);
      const [first, ...others] = forms.map((words) => optionsOf(...words));
      expect(others).toEqual(others.map(() => first));
      expect(JSON.stringify(first)).not.toContain('unknown option');
    },
  );

  it.each(optionKeys.flatMap((key) => longNamesOf(key)))(
    '--%s can be shortened until it is ambiguous',
    (name) => {
      const names = optionKeys.flatMap((key) => longNamesOf(key).map((long) => [long, key] as const));
      for (let length = 1; length < name.length; length += 1) {
        const begun = name.slice(0, length);
        const meant = new Set(names.filter(([long]) => long.startsWith(begun)).map(([, key]) => key));
        const isExact = names.some(([long]) => long === begun);
        const isAmbiguous = errorsOf(`--${begun}`).some((error) => error.includes('is ambiguous'));
        expect(isAmbiguous, begun).toBe(meant.size > 1 && !isExact);
      }
    },
  );
});

describe('the connection options', () => {
  it('win over the environment, and a connection string over them', () => {
    const environment = { PGHOST: 'e', PGPORT: '1', PGUSER: 'u' };
    expect(connectionFromOptions({ host: 'a', dbname: 'd' }, environment)).toEqual({
      host: 'a',
      port: '1',
      user: 'u',
      dbname: 'd',
    });
    expect(connectionFromOptions({ host: 'a', dbname: 'host=b' }, {})).toEqual({ host: 'b' });
  });

  it('leave the rest to a service', () => {
    expect(connectionFromOptions({ dbname: 'service=s' }, { PGHOST: 'e' })).toEqual({ service: 's' });
  });
});
