import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeFinding } from '../../src/config/load.ts';
import { parameters } from '../../src/config/parameters.ts';
import { parseConfiguration } from '../../src/config/parse.ts';
import {
  type Config,
  type Resolution,
  resolveConfiguration,
  type ResolveOptions,
} from '../../src/config/resolve.ts';

const minimal =
  "cluster=test\nnode=1\nnode_name=node1\nconninfo='host=db1 port=5433 user=repmgr dbname=repmgr'\n";

function resolveText(text: string, options?: ResolveOptions): Resolution {
  return resolveConfiguration(parseConfiguration(text), options);
}

function configOf(more: string, options?: ResolveOptions): Config {
  const resolution = resolveText(minimal + more, options);
  if (resolution.kind === 'invalid') throw new Error(resolution.errors.map(describeFinding).join('\n'));
  return resolution.config;
}

function errorsOf(text: string): readonly string[] {
  const resolution = resolveText(text);
  return resolution.kind === 'invalid' ? resolution.errors.map(describeFinding) : [];
}

function warningsOf(text: string, options?: ResolveOptions): readonly string[] {
  return resolveText(text, options).warnings.map(describeFinding);
}

describe('files of repmgr 3 and 5', () => {
  test('the classic file of repmgr 3 is read as it always was', () => {
    const config = configOf(
      [
        'upstream_node=2',
        'use_replication_slots=1',
        'loglevel=INFO',
        'logfacility=STDERR',
        "logfile='/var/log/repmgr/repmgr.log'",
        'pg_bindir=/usr/lib/postgresql/9.6/bin/',
        'master_response_timeout=30',
        'reconnect_attempts=3',
        'reconnect_interval=5',
        'failover=automatic',
        'priority=-1',
        "promote_command='repmgr standby promote -f /etc/repmgr.conf'",
        "follow_command='repmgr standby follow -f /etc/repmgr.conf -W'",
      ].join('\n'),
    );
    expect(config).toMatchObject({
      clusterName: 'test',
      nodeId: 1,
      nodeName: 'node1',
      conninfo: 'host=db1 port=5433 user=repmgr dbname=repmgr',
      upstreamNodeId: 2,
      useReplicationSlots: true,
      logLevel: 'INFO',
      logFile: '/var/log/repmgr/repmgr.log',
      pgBindir: '/usr/lib/postgresql/9.6/bin/',
      masterResponseTimeoutMs: 30_000,
      reconnectAttempts: 3,
      reconnectIntervalMs: 5_000,
      failover: 'automatic',
      priority: -1,
      promoteCommand: 'repmgr standby promote -f /etc/repmgr.conf',
      followCommand: 'repmgr standby follow -f /etc/repmgr.conf -W',
    });
  });

  test('the spellings of repmgr 5 mean the same', () => {
    const text =
      "cluster='test'\nnode_id='1'\nnode_name='a'\nconninfo='host=x'\nlog_level='ERROR'\nlog_file='/l'\n";
    const resolution = resolveText(
      `${text}async_query_timeout=7\nuse_replication_slots=yes\nlog_facility='local0'\n`,
    );
    expect(resolution).toMatchObject({
      kind: 'resolved',
      config: {
        nodeId: 1,
        logLevel: 'ERROR',
        logFile: '/l',
        logFacility: 'LOCAL0',
        masterResponseTimeoutMs: 7_000,
        useReplicationSlots: true,
      },
    });
  });

  test('barman_server is the host in a file of repmgr 3, and the name in Barman in one of repmgr 5', () => {
    expect(configOf('barman_server=backup')).toMatchObject({ barmanHost: 'backup', barmanServer: 'test' });
    expect(configOf('barman_host=backup\nbarman_server=main')).toMatchObject({
      barmanHost: 'backup',
      barmanServer: 'main',
    });
  });

  test('a file of repmgr 5 lacks nothing but the name of the cluster', () => {
    const text = [
      'node_id=1\t\t# A unique integer',
      "node_name='node1'",
      "conninfo='host=node1 user=repmgr dbname=repmgr connect_timeout=2'",
      "data_directory='/var/lib/pgsql/16/data'",
      "failover='automatic'",
      "promote_command='/usr/pgsql-16/bin/repmgr standby promote -f /etc/repmgr/16/repmgr.conf --log-to-file'",
      "follow_command='repmgr standby follow -f /etc/repmgr.conf --log-to-file --upstream-node-id=%n'",
      'pg_ctl_options=\'-o "--config-file=\\"/etc/a.conf\\""\'',
      "failover_validation_command=''    # none",
      'monitoring_history=yes',
      'use_replication_slots=true',
    ].join('\n');
    expect(errorsOf(text)).toEqual([
      `"cluster" is missing; files of repmgr 4 and 5 need this line too: cluster = 'NAME'`,
    ]);
    expect(resolveText(text, { cluster: 'main' })).toMatchObject({
      kind: 'resolved',
      config: { pgCtlOptions: '-o "--config-file="/etc/a.conf""', useReplicationSlots: true },
    });
  });

  test('a file without equals signs is read as PostgreSQL does', () => {
    const lines = [
      'cluster main',
      'node_id 4',
      "node_name 'a'",
      "conninfo 'host=b dbname=c'",
      'failover manual',
    ];
    expect(resolveText(lines.join('\n'))).toMatchObject({
      kind: 'resolved',
      config: { clusterName: 'main', nodeId: 4, nodeName: 'a', conninfo: 'host=b dbname=c' },
    });
  });

  test('an empty value in quotes is the same as none for what is optional', () => {
    expect(configOf("logfile=''\nrestore_command=''")).toMatchObject({
      logFile: undefined,
      restoreCommand: undefined,
    });
  });
});

describe('errors', () => {
  test('all of a file are found at once, in the order of its lines', () => {
    const text = [
      'cluster=',
      'node=abc',
      'reconect_attempts=3',
      "failover='auto",
      'reconnect_interval=10abc',
    ].join('\n');
    expect(errorsOf(text)).toEqual([
      'line 1: "cluster" has no value',
      'line 2: node: "abc" is not an integer',
      'line 3: "reconect_attempts" is not a parameter, "reconnect_attempts" is',
      'line 4: failover: the value has no closing quote',
      'line 5: reconnect_interval: "10abc" is no time: a number of seconds, or one with ms, s, min, h or d',
      '"conninfo" is missing',
    ]);
  });

  test('an empty file lacks what every node needs', () => {
    expect(errorsOf('')).toEqual([
      expect.stringMatching(/^"cluster" is missing/),
      '"node" is missing',
      '"conninfo" is missing',
    ]);
  });

  test.each([
    ['node=0', 'node: "0" is less than 1, the least that is allowed'],
    ['node=2147483648', 'node: "2147483648" is more than 2147483647, the most that is allowed'],
    ['node=1.5', 'node: "1.5" is not an integer'],
    ['follow_command', '"follow_command" has no value'],
    ['follow_comand', '"follow_comand" is not a parameter, "follow_command" is'],
    ['monitoring_interval=5', '"monitoring_interval" is not a parameter, "monitor_interval_secs" is'],
    [
      'event_notification_comand.mail=x',
      '"event_notification_comand.mail" is not a parameter, "event_notification_command.mail" is',
    ],
    [
      'reconnect_attempts=99999999999',
      'reconnect_attempts: "99999999999" is more than 2147483647, the most that is allowed',
    ],
    [
      'reconnect_interval=99999999999',
      'reconnect_interval: "99999999999" is more than 2147483647 s, the most that is allowed',
    ],
    [
      'recovery_min_apply_delay=25d',
      'recovery_min_apply_delay: "25d" is not an integer of at least 1, with ms, s, min, h or d if wanted, of 24 days at most',
    ],
    ['priority=high', 'priority: "high" is not an integer'],
    ['failover=maybe', 'failover: "maybe" is none of manual, automatic'],
    ['use_replication_slots=perhaps', 'use_replication_slots: "perhaps" is neither on nor off'],
    ['reconnect_interval=-1', 'reconnect_interval: "-1" is less than 0 s, the least that is allowed'],
    ['promote_check_timeout=0', 'promote_check_timeout: "0" is less than 1 s, the least that is allowed'],
    ['primary_lease_secs=1h', 'primary_lease_secs: "1h" is more than 300 s, the most that is allowed'],
    [
      'tablespace_mapping=/a',
      'tablespace_mapping: "/a" is not OLD=NEW (an equals sign in a path is written \\=)',
    ],
    ['tablespace_mapping=a=/b', 'tablespace_mapping: "a=/b" does not name two absolute paths'],
    ['api_listen=db1:99999', 'api_listen: "db1:99999" is not HOST:PORT (an IPv6 host in brackets)'],
    ['upstream_node=1', 'upstream_node and node are both 1'],
    ['barman_host=b', 'barman_host needs barman_server, the name of this cluster in Barman'],
    ['event_notifications.a=x', 'event_notifications.a has no event_notification_command.a'],
    [`node_name=${'n'.repeat(64)}`, `node_name: "${'n'.repeat(64)}" is longer than 63 bytes`],
  ])('%s', (line, message) => {
    expect(errorsOf(`${minimal}${line}\n`)).toEqual([`line 5: ${message}`]);
  });

  test('a connection string that cannot be read is shown without its password', () => {
    const [error] = errorsOf("cluster=a\nnode=1\nnode_name=a\nconninfo='password=secret host'\n");
    expect(error).toMatch(/^line 4: conninfo: "password=\*\*\* ..." is no connection string/);
  });
});

describe('values that contradict each other', () => {
  test('the order heartbeat, hold, lease without margin names all four', () => {
    expect(errorsOf(`${minimal}commit_hold_secs=10\n`)).toEqual([
      'line 5: heartbeat_interval_secs (0.5 s) < commit_hold_secs (10 s) < primary_lease_secs (5 s) - fence_margin_secs (0.75 s) must hold',
    ]);
  });

  test('the margin has a lower bound that follows the lease', () => {
    expect(errorsOf(`${minimal}primary_lease_secs=20\nfence_margin_secs=1\n`)).toEqual([
      'line 6: fence_margin_secs (1 s) must be at least 1.1 s for a primary_lease_secs of 20 s',
    ]);
  });

  test('no hold is no contradiction', () => {
    expect(errorsOf(`${minimal}commit_hold_secs=0\n`)).toEqual([]);
  });

  test('certificates of the API belong together', () => {
    expect(errorsOf(`${minimal}api_tls_cert_file=/c\n`)[0]).toMatch(
      /api_tls_key_file and api_tls_ca_file is missing/,
    );
  });

  test('the defaults that follow from the lease fit to every lease', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2_000, max: 300_000 }), (leaseMs) => {
        expect(errorsOf(`${minimal}primary_lease_secs=${leaseMs}ms\n`)).toEqual([]);
      }),
    );
  });
});

describe('warnings', () => {
  test('an unknown name is told with its value, and ignored', () => {
    expect(warningsOf(`${minimal}foo=bar\n`)).toEqual([
      'line 5: unknown parameter "foo" with value "bar" is ignored',
    ]);
  });

  test('of a name that stands twice the last counts, whatever its spelling', () => {
    expect(configOf('node_id=9').nodeId).toBe(9);
    expect(warningsOf(`${minimal}node_id=9\n`)).toEqual([
      'line 5: "node_id" stands in line 2 too (there spelt "node"); the last one counts',
    ]);
  });

  test('lists and mappings add up without a warning', () => {
    const lines =
      'event_notifications=standby_clone, node_rejoin\nevent_notifications=standby_follow\ntablespace_mapping=/a\\=b=/c\ntablespace_mapping=/d=/e\n';
    expect(warningsOf(minimal + lines)).toEqual([]);
    expect(configOf(lines)).toMatchObject({
      eventNotifications: ['standby_clone', 'node_rejoin', 'standby_follow'],
      tablespaceMapping: [
        { from: '/a=b', to: '/c' },
        { from: '/d', to: '/e' },
      ],
    });
  });

  test('where repmgr 3 read something else, both readings are told, passwords masked', () => {
    const text = "cluster=a\nnode=1\nnode_name=a\nconninfo='host=a password=''x#y'' user=b'\n";
    expect(warningsOf(text)).toEqual([
      'line 4: conninfo is read as "host=a password=*** user=b"; repmgr 3 read "host=a password=***"',
    ]);
  });

  test('half a URI is not told, since it may end in the middle of the password', () => {
    const text = 'cluster=a\nnode=1\nnode_name=a\nconninfo=postgresql://u:se#cret@h/d\n';
    expect(warningsOf(text)).toEqual([
      'line 4: conninfo is read as "postgresql://u:***@h/d"; repmgr 3 read another value, which is not shown',
    ]);
  });

  test.each(['password=secret', 'db_passwd = secret', "password=secret'", 'secret', "secret' user=b"])(
    'the rest of a connection string in a line of its own keeps its password: %j',
    (line) => {
      expect(warningsOf(`${minimal}${line}\n`)).toHaveLength(1);
      expect(warningsOf(`${minimal}${line}\n`).join()).not.toContain('secret');
    },
  );

  test('what is wrong with the value of an unknown name does not matter', () => {
    expect(warningsOf(`${minimal}foo='bar\n`)).toEqual([
      'line 5: the line is no "name = value" and is ignored',
    ]);
    expect(errorsOf(`${minimal}foo='bar\n`)).toEqual([]);
  });

  test('double quotes are told to be part of the value', () => {
    expect(configOf('logfile="/l"').logFile).toBe('"/l"');
    expect(warningsOf(`${minimal}logfile="/l"\n`)).toEqual([
      'line 5: logfile is read as ""/l""; the double quotes are part of the value; to quote it, use single quotes',
    ]);
    expect(warningsOf(`${minimal}service_stop_command="/a b" -x "c"\n`)).toEqual([]);
  });

  test('a filter for an event that does not exist is told, and kept', () => {
    const lines =
      'event_notifications=all\nevent_notification_command.a=x\nevent_notifications.a=standby_promotd\n';
    expect(configOf(lines).eventNotificationCommands).toMatchObject([{ events: ['standby_promotd'] }]);
    expect(warningsOf(minimal + lines)).toEqual([
      'line 5: event_notifications: there is no event "all"; for all events leave it out',
      'line 7: event_notifications.a: there is no event "standby_promotd"; did you mean "standby_promote"?',
    ]);
  });

  test('a node name that PostgreSQL would show otherwise is told', () => {
    expect(warningsOf('cluster=a\nnode=1\nnode_name=größe\nconninfo=host=a\n')[0]).toMatch(
      /^line 3: node_name "größe" cannot be recognised by others/,
    );
  });

  test('an unknown log level keeps the default, as in repmgr 3', () => {
    expect(configOf('loglevel=LOUD').logLevel).toBe('NOTICE');
    expect(warningsOf(`${minimal}loglevel=LOUD\n`)).toHaveLength(1);
  });

  test('what a program does not act on yet is told once, and only by the program that would read it', () => {
    const text = `${minimal}always_promote=on\nconnection_check_type=query\nbarman_server=b\n`;
    expect(warningsOf(text, { program: 'repmgrd' })).toEqual([
      'this version of repmgrd does not act on connection_check_type, always_promote yet',
    ]);
    expect(warningsOf(text, { program: 'repmgr' })).toEqual([
      'this version of repmgr does not act on barman_server yet',
    ]);
  });

  test('a node without a name gets one', () => {
    const text = 'cluster=a\nnode=3\nconninfo=host=a\n';
    expect(resolveText(text)).toMatchObject({ kind: 'resolved', config: { nodeName: 'node3' } });
    expect(warningsOf(text)).toEqual(['line 2: "node_name" is missing; "node3" is used']);
  });
});

describe('values', () => {
  test.each([
    ['reconnect_interval=500ms', 'reconnectIntervalMs', 500],
    ['reconnect_interval=0.5', 'reconnectIntervalMs', 500],
    ['reconnect_interval=2min', 'reconnectIntervalMs', 120_000],
    ['failover_max_lag=16MB', 'failoverMaxLagBytes', 16 * 1024 * 1024],
    ['degraded_monitoring_timeout=-1', 'degradedMonitoringTimeoutMs', undefined],
    ['use_replication_slots=2', 'useReplicationSlots', true],
    ['use_replication_slots=0', 'useReplicationSlots', false],
    ['loglevel=ERR', 'logLevel', 'ERROR'],
    ['recovery_min_apply_delay=5min', 'recoveryMinApplyDelay', '5min'],
    ['failover=automatic', 'safeStart', true],
    ['reconnect_attempts=30\nreconnect_interval=10', 'shutdownGraceMs', 300_000],
  ] as const)('%s', (line, property, value) => {
    expect(configOf(line)[property]).toBe(value);
  });

  test('event commands are listed with their filters, the one without a name first', () => {
    const config = configOf(
      [
        'event_notification_command.pager=page %e',
        'event_notifications.pager=standby_promote',
        'event_notification_command=mail %n',
      ].join('\n'),
    );
    expect(config.eventNotificationCommands).toEqual([
      { name: undefined, command: 'mail %n', events: [] },
      { name: 'pager', command: 'page %e', events: ['standby_promote'] },
    ]);
  });

  test.each([
    ['host=db1', 'db1:15432'],
    ['host=db1,db2 port=5433,5434', 'db1:15433'],
    ['host=/run/postgresql port=60000', '127.0.0.1:50000'],
    ['postgresql://[::1]:5440/x', '[::1]:15440'],
    ['user=x', '127.0.0.1:15432'],
  ])('the address of repmgrd follows from conninfo %s', (conninfo, address) => {
    expect(configOf(`conninfo='${conninfo}'`).apiListen).toBe(address);
  });

  test('--cluster wins over the file, and is enough where the file has none', () => {
    expect(configOf('', { cluster: 'other' }).clusterName).toBe('other');
    const text = 'node=1\nnode_name=a\nconninfo=host=a\n';
    expect(resolveText(text, { cluster: 'other' })).toMatchObject({ kind: 'resolved' });
  });

  test('a witness without PostgreSQL has an address instead of a conninfo', () => {
    expect(resolveText('cluster=a\nnode=1\nnode_name=w\napi_listen=w:9000\n')).toMatchObject({
      kind: 'resolved',
      config: { conninfo: '', apiListen: 'w:9000' },
    });
  });
});

describe('the parameter table', () => {
  test('no name and no property stands in it twice', () => {
    const names = parameters.flatMap(({ name, spellings = [] }) => [name, ...spellings]);
    const properties = parameters.map(({ property }) => property);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(properties).size).toBe(properties.length);
  });

  test('every default is a valid value of its parameter', () => {
    const lines = parameters
      .filter(({ default: value }) => value !== undefined && value !== '')
      .map(({ name, default: value }) => `${name}=${value}`);
    expect(errorsOf(`${minimal}${lines.join('\n')}\n`)).toEqual([]);
  });

  test('a text for any parameter gives a configuration or errors, never an exception', () => {
    const name = fc.constantFrom(...parameters.map((parameter) => parameter.name));
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom('1', '-1', 'on', '1e9', "'", '0x10', 'NaN', '1min', '/a=/b'),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), (pairs) => {
        const text = pairs.map((pair) => pair.join('=')).join('\n');
        expect(['resolved', 'invalid']).toContain(resolveText(text).kind);
      }),
    );
  });
});
