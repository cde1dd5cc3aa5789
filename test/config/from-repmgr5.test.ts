import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convertRepmgr5Configuration } from '../../src/config/from-repmgr5.ts';
import { parseConfiguration } from '../../src/config/parse.ts';
import { resolveConfiguration } from '../../src/config/resolve.ts';

function convert(text: string, cluster = 'main') {
  return convertRepmgr5Configuration(
    parseConfiguration(text).filter((line) => line.kind !== 'include'),
    cluster,
  );
}

function valuesOf(text: string, cluster?: string) {
  const lines = parseConfiguration(text).filter((line) => line.kind !== 'include');
  const resolution = resolveConfiguration(lines, { cluster });
  if (resolution.kind === 'invalid') expect.fail(JSON.stringify(resolution.errors));
  return resolution.config;
}

const identity = `node_id=1\nnode_name='node1'\nconninfo='host=node1 dbname=repmgr user=repmgr'\n`;

describe('a repmgr.conf of repmgr 5', () => {
  it('gets the name of the cluster and the names of the documentation', () => {
    const text = `# the first node\n${identity}data_directory = '/data' # here\nlog_level=INFO\nlog_file='/tmp/a b'\nasync_query_timeout=60\n`;
    expect(convert(text)).toMatchObject({
      text: [
        '# Made from a repmgr.conf of repmgr 5.',
        'cluster=main',
        'node=1',
        'node_name=node1',
        "conninfo='host=node1 dbname=repmgr user=repmgr'",
        'data_directory=/data',
        'loglevel=INFO',
        "logfile='/tmp/a b'",
        'master_response_timeout=60',
        '',
      ].join('\n'),
      remarks: [],
    });
  });

  it('is shown without its passwords, wherever they stand', () => {
    const text = `node_id=1\nnode_name=node1\nconninfo='host=node1 password=''ge heim'' user=repmgr'
      promote_command='PGPASSWORD=geheim repmgr standby promote'\nunknown_secret=geheim\n`;
    const { shown, text: whole } = convert(text);
    expect(shown).toContain("conninfo='host=node1 password=*** user=repmgr'\n");
    expect(shown).toContain("promote_command='PGPASSWORD=*** ...'\n");
    expect(shown).toContain("#unknown_secret='***'\n");
    expect(shown).not.toMatch(/heim/);
    expect(whole).toContain("conninfo='host=node1 password=''ge heim'' user=repmgr'\n");
    const { shown: plain, text: same } = convert(identity);
    expect(plain).toBe(same);
  });

  it('means the same afterwards', () => {
    const text = `${identity}failover=automatic\npriority=50\nuse_replication_slots=yes\nmonitoring_history=true
      event_notification_command='/bin/notify "%n" ''%e'' \\\\ #1'\nevent_notifications='a, b'\nevent_notifications='c'
      tablespace_mapping='/a=/b'\ntablespace_mapping='/c=/d'\nreconnect_attempts=3\nreconnect_attempts=5\nlog_file=''\n`;
    const converted = convert(text).text;
    expect(valuesOf(converted)).toEqual(valuesOf(text, 'main'));
    expect(converted.match(/^reconnect_attempts=.*$/gm)).toEqual(['reconnect_attempts=5']);
    expect(converted).not.toContain('logfile');
  });

  it('keeps every value, whatever is in it', () => {
    const value = fc
      .string({ unit: 'binary', minLength: 1 })
      .filter((text) => !/[\0\ufffd]/.test(text) && text.trim() === text);
    fc.assert(
      fc.property(value, fc.stringMatching(/^[ -~]{1,20}$/), (command, cluster) => {
        const escaped = command
          .replaceAll('\\', '\\\\')
          .replaceAll("'", "''")
          .replaceAll('\n', '\\n')
          .replaceAll('\r', '\\r');
        const text = `${identity}restore_command='${escaped}'\n`;
        const name = `x${cluster}`;
        const { restoreCommand, clusterName } = valuesOf(convert(text, name).text);
        expect({ restoreCommand, clusterName }).toEqual({
          restoreCommand: valuesOf(text, name).restoreCommand,
          clusterName: name,
        });
      }),
    );
  });

  it('has what means something else here written out, or put aside, and said', () => {
    const { text, remarks } = convert(
      `${identity}promote_command='/usr/bin/repmgr standby promote -f /etc/repmgr.conf --log-to-file'
follow_command='repmgr standby follow -f /etc/repmgr.conf -W --upstream-node-id=%n -w'
service_start_command='sudo systemctl start -W x'
repmgr_bindir='/usr/lib/postgresql/15/bin'
frobnicate=1
`,
    );
    expect(text.split('\n').slice(5)).toEqual([
      '# promote_command: make sure that /usr/bin/repmgr is this repmgr, not repmgr 5',
      "promote_command='/usr/bin/repmgr standby promote -f /etc/repmgr.conf --log-to-file'",
      '# follow_command: -w and -W of repmgr 5 are written out',
      "follow_command='repmgr standby follow -f /etc/repmgr.conf --no-wait --upstream-node-id=%n --wait'",
      "service_start_command='sudo systemctl start -W x'",
      '# repmgr_bindir names the programs of repmgr 5',
      '#repmgr_bindir=/usr/lib/postgresql/15/bin',
      '# "frobnicate" is no parameter of this repmgr',
      '#frobnicate=1',
      '',
    ]);
    expect(remarks).toHaveLength(4);
  });

  it('of this repmgr already stays as it is, but for the name that was asked for', () => {
    const once = convert(identity).text;
    expect(convert(once).text).toBe(once);
    expect(convert(once, 'other').text).toBe(once.replace('cluster=main', 'cluster=other'));
  });
});
