import { describe, expect, it } from 'vitest';
import type { AttemptFailure } from '../../src/postgres/connection-attempt.ts';
import { connectionFailure } from '../../src/postgres/connection-failure.ts';
import { statementFailure } from '../../src/postgres/statement-failure.ts';

const target = { host: 'node1', port: 5432, address: undefined, socketPath: undefined };
const settings = {
  host: 'node1',
  user: 'repmgr',
  dbname: 'repmgr',
  password: 'geheim',
  sslpassword: 'geheim',
};

const failed = (parts: Partial<AttemptFailure>): AttemptFailure => ({
  kind: 'refused',
  target,
  reason: 'no',
  ...parts,
});

describe('connectionFailure', () => {
  it.each<[Partial<AttemptFailure>, RegExp]>([
    [{ kind: 'unreachable', code: 'ECONNREFUSED' }, /pg_isready -h node1 -p 5432/],
    [{ kind: 'unreachable', code: 'ENOTFOUND' }, /getent hosts node1/],
    [{ kind: 'timeout' }, /firewall/],
    [{ kind: 'encryption' }, /openssl s_client -starttls postgres -connect node1:5432/],
    [{ code: '28000', localAddress: '10.0.0.7' }, /host repmgr repmgr 10\.0\.0\.7\/32 scram-sha-256/],
    [{ code: '28000', localAddress: '::1' }, /::1\/128/],
    [{ code: '28000', reason: 'role "repmgr" is not permitted to log in' }, /ALTER ROLE "repmgr" LOGIN/],
    [{ code: '28000', reason: 'role "repmgr" does not exist' }, /CREATE ROLE "repmgr" LOGIN REPLICATION/],
    [{ code: '3D000' }, /createdb -h node1 -p 5432 -O repmgr repmgr/],
    [{ code: '57P03' }, /wait until it accepts connections/],
    [{ code: '57P03', reason: 'the database system is not accepting connections' }, /hot_standby = on/],
    [{ code: '53300' }, /max_connections/],
    [{ code: '42501' }, /belong to the user that runs it/],
    [{ code: 'XX000' }, /psql "host=node1 port=5432 user=repmgr dbname=repmgr"/],
  ])('of %j hints at %s', (parts, hint) => {
    const error = connectionFailure([failed(parts)], settings, false);
    expect(error).toMatchObject({
      code: 'connection_failed',
      exitCode: 6,
      hint: expect.stringMatching(hint),
    });
    expect(JSON.stringify([error.message, error.detail, error.hint])).not.toContain('geheim');
  });

  it('of a role that may not replicate hints at its attribute', () => {
    const error = connectionFailure([failed({ code: '42501' })], settings, true);
    expect(error.hint).toContain('ALTER ROLE "repmgr" REPLICATION');
  });

  it('lists the reason of every host that was tried', () => {
    const other = { ...target, host: 'node2' };
    const error = connectionFailure(
      [
        failed({ kind: 'unreachable', reason: 'connection refused' }),
        failed({ kind: 'timeout', target: other, reason: 'no answer within 2 s' }),
      ],
      settings,
      false,
    );
    expect(error.message).toBe('could not connect to PostgreSQL at any of 2 hosts');
    expect(error.detail).toBe('node1:5432: connection refused. node2:5432: no answer within 2 s.');
  });

  it('tells a refused password by its own exit code, and where to put it', () => {
    const error = connectionFailure([failed({ kind: 'password' })], settings, true);
    expect(error).toMatchObject({ code: 'password_refused', exitCode: 9 });
    expect(error.hint).toMatch(
      /^Put the line node1:5432:replication:repmgr:PASSWORD into ~\/\.pgpass \(mode 0600\)/,
    );
  });
});

it('shows a refused statement without the password in it', () => {
  const refusal = Object.assign(new Error('syntax error near "password=geheim"'), {
    severity: 'ERROR',
    code: '42601',
    detail: 'Key (conninfo)=(host=a password=geheim).',
  });
  const error = statementFailure(refusal, { server: 'node1:5432', sql: "SELECT 'host=a password=geheim'" });
  expect(error).toMatchObject({ code: 'query_failed', exitCode: 7 });
  expect(JSON.stringify([error.message, error.detail, error.hint])).not.toContain('geheim');
});
