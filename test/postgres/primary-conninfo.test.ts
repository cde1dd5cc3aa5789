import { describe, expect, it } from 'vitest';
import { parseConninfo } from '../../src/model/conninfo.ts';
import { primaryConninfo, type PrimaryConninfoParts } from '../../src/postgres/primary-conninfo.ts';
import { serverVersion } from '../../src/postgres/version.ts';

const upstream = { host: 'node1', port: '5433', user: 'repmgr', dbname: 'repmgr', password: "it's" };

function built(parts: Partial<PrimaryConninfoParts> = {}): Readonly<Record<string, string>> {
  const text = primaryConninfo({
    upstream,
    applicationName: 'node2',
    version: serverVersion(150_018),
    ...parts,
  });
  const parsed = parseConninfo(text);
  if (parsed.kind === 'invalid') throw new Error(`${text}: ${parsed.reason}`);
  return parsed.conninfo;
}

describe('primary_conninfo', () => {
  it('leads to the upstream, names the standby, and notices within seconds that a host is gone', () => {
    expect(built()).toEqual({
      host: 'node1',
      port: '5433',
      user: 'repmgr',
      password: "it's",
      application_name: 'node2',
      connect_timeout: '10',
      keepalives: '1',
      keepalives_idle: '10',
      keepalives_interval: '5',
      keepalives_count: '3',
      tcp_user_timeout: '25000',
    });
  });

  it('leaves tcp_user_timeout out before PostgreSQL 12, whose libpq does not know it', () => {
    expect(built({ version: serverVersion(110_022) })).not.toHaveProperty('tcp_user_timeout');
  });

  it('keeps dbname from PostgreSQL 17 on, which synchronizes slots by it', () => {
    expect(built({ version: serverVersion(170_010) })).toMatchObject({ dbname: 'repmgr' });
    expect(built({ version: serverVersion(160_014) })).not.toHaveProperty('dbname');
  });

  it('leaves the password out where it is not wanted', () => {
    expect(built({ withoutPassword: true })).not.toHaveProperty('password');
  });

  it('takes the replication user, a password file and further keywords over what the upstream says', () => {
    const parts = {
      replicationUser: 'walreader',
      passfile: '/etc/pass',
      extras: { sslmode: 'verify-full', sslcert: '/etc/a b.crt' },
    };
    expect(built({ ...parts, upstream: { ...upstream, sslmode: 'prefer' } })).toMatchObject({
      user: 'walreader',
      passfile: '/etc/pass',
      sslmode: 'verify-full',
      sslcert: '/etc/a b.crt',
    });
  });

  it('keeps what the upstream says about time-outs, and drops what no WAL receiver takes', () => {
    const given = {
      ...upstream,
      connect_timeout: '2',
      keepalives_idle: '60',
      replication: 'true',
      service: 'x',
    };
    const found = built({ upstream: given });
    expect(found).toMatchObject({ connect_timeout: '2', keepalives_idle: '60' });
    expect(found).not.toHaveProperty('replication');
    expect(found).not.toHaveProperty('service');
  });
});
