/** standby clone from a server that lets replicate nobody without TLS and a certificate of the client. */
import { existsSync } from 'node:fs';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { hasOpenssl, makeAuthority } from '../support/certificates.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { putFile } from '../support/sandbox-files.ts';

const hasPgBasebackup = existsSync('/usr/lib/postgresql/15/bin/pg_basebackup');
const methods = hasPgBasebackup ? ['protocol', 'pg_basebackup'] : ['protocol'];

describe.runIf(hasOpenssl)('a clone over TLS', () => {
  let sandbox: Sandbox;
  const files: Record<string, string> = {};

  beforeAll(async () => {
    sandbox = await sandboxForTest({ nodes: 2, build: 'primary' });
    const [authority, stranger] = [makeAuthority('An authority'), makeAuthority('Another authority')];
    const server = authority.issue('server', ['IP:127.0.0.1']);
    const client = authority.issue('copier');
    await putFile(sandbox, 'node1/server.crt', server.certificate);
    await putFile(sandbox, 'node1/server.key', server.key);
    await putFile(sandbox, 'node1/ca.crt', authority.certificate);
    files['trusted'] = await putFile(sandbox, 'trusted.crt', authority.certificate);
    files['stranger'] = await putFile(sandbox, 'stranger.crt', stranger.certificate);
    files['certificate'] = await putFile(sandbox, 'client.crt', client.certificate);
    files['key'] = await putFile(sandbox, 'client.key', client.key);
    authority.remove();
    stranger.remove();
    await putFile(
      sandbox,
      'node1/pg_hba.conf',
      ['hostssl replication copier 127.0.0.1/32 cert', 'host all repmgr 127.0.0.1/32 trust\n'].join('\n'),
    );
    const statements = [
      'CREATE ROLE copier LOGIN REPLICATION',
      'CREATE TABLE noise AS SELECT md5(n::text) AS text FROM generate_series(1, 300000) AS n',
      "ALTER SYSTEM SET ssl_ca_file = 'ca.crt'",
      'ALTER SYSTEM SET ssl = on',
      'SELECT pg_reload_conf()',
    ];
    for (const statement of statements) await sandbox.query(1, statement);
    await vi.waitFor(async () => {
      expect(await sandbox.query(1, "SELECT current_setting('ssl') AS ssl")).toEqual([{ ssl: 'on' }]);
    }, 10_000);
    const registered = await sandbox.repmgr(1, ['primary', 'register']);
    expect(registered.exitCode, registered.stderr).toBe(0);
  });
  beforeEach(async () => {
    await sandbox.stop(2);
    await sandbox.run('rm', ['-rf', sandbox.node(2).dataDirectory]);
  });

  const clone = async (...args: string[]) =>
    await sandbox.repmgr(2, [
      ...['-h', '127.0.0.1', '-p', String(sandbox.node(1).port), '--replication-user=copier', '-c'],
      ...[...args, 'standby', 'clone'],
    ]);
  const identity = () => `sslcert=${files['certificate']} sslkey=${files['key']}`;
  const proof = (authority = files['trusted']) => `sslmode=verify-full sslrootcert=${authority}`;

  it.each(methods)('by %s has all data, and its standby streams over TLS too', async (method) => {
    const settings = `--replication-conninfo=${proof()} ${identity()}`;
    const { exitCode, stderr } = await clone(`--backup-method=${method}`, settings);
    expect(exitCode, stderr).toBe(0);
    await sandbox.start(2);
    await expect
      .poll(
        () =>
          sandbox.query(
            1,
            `SELECT usename, ssl, client_dn FROM pg_stat_replication JOIN pg_stat_ssl USING (pid)
              WHERE state = 'streaming'`,
          ),
        { timeout: 20_000 },
      )
      .toEqual([{ usename: 'copier', ssl: true, client_dn: '/CN=copier' }]);
    const content =
      'SELECT count(*)::integer AS rows, md5(string_agg(text, NULL ORDER BY text)) AS sum FROM noise';
    expect(await sandbox.query(2, content)).toEqual(await sandbox.query(1, content));
  });

  it.each(methods)('by %s is refused, and nothing is changed, where one end has no proof', async (method) => {
    const refusals: [string, RegExp][] = [
      [`sslmode=require`, /ERROR: .*\nDETAIL: .*certificate.*\nHINT: /s],
      [`sslmode=disable`, /ERROR: .*\nDETAIL: .*no pg_hba\.conf entry.*\nHINT: /s],
      [`${proof(files['stranger'])} ${identity()}`, /ERROR: .*\nDETAIL: .*certificate.*\nHINT: /s],
    ];
    for (const [settings, message] of refusals) {
      const { exitCode, stderr } = await clone(
        `--backup-method=${method}`,
        `--replication-conninfo=${settings}`,
      );
      expect(stderr).toMatch(message);
      expect(exitCode).toBe(6);
      expect(existsSync(sandbox.node(2).dataDirectory)).toBe(false);
    }
  });
});
