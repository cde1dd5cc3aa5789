/** TLS as libpq does it, against a real server with real certificates: encrypted, plain, or refused. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { RepmgrError } from '../../src/errors.ts';
import { connect } from '../../src/postgres/connection.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { encryptKey, hasOpenssl, makeAuthority } from '../support/certificates.ts';
import { type Environment, expectPlace, placeByUs, withEnvironment } from '../support/libpq.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { putFile } from '../support/sandbox-files.ts';

/** Made once, where there is openssl to make them. */
function makeCertificates() {
  const authority = makeAuthority('An authority');
  const stranger = makeAuthority('Another authority');
  return {
    authority,
    stranger,
    server: authority.issue('server', ['DNS:node1.example', 'IP:127.0.0.1']),
    client: authority.issue('certified'),
    unknownClient: stranger.issue('certified'),
  };
}

const modes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;

let certificates: ReturnType<typeof makeCertificates>;
let sandbox: Sandbox;
let home: string;
let port: number;
const files: Record<string, string> = {};

beforeAll(async () => {
  if (!hasOpenssl) return undefined;
  certificates = makeCertificates();
  const { authority, stranger, server, client, unknownClient } = certificates;
  sandbox = await sandboxForTest({ nodes: 1, build: 'primary' });
  port = sandbox.node(1).port;
  home = join(sandbox.directory, 'home');
  await putFile(sandbox, 'node1/server.crt', server.certificate);
  await putFile(sandbox, 'node1/server.key', server.key);
  await putFile(sandbox, 'node1/authority.crt', authority.certificate);
  await putFile(
    sandbox,
    'node1/pg_hba.conf',
    [
      'hostssl all encrypted 127.0.0.1/32 scram-sha-256',
      'hostnossl all plain 127.0.0.1/32 scram-sha-256',
      'hostssl all certified 127.0.0.1/32 cert',
      'host all repmgr 127.0.0.1/32 trust\n',
    ].join('\n'),
  );
  for (const role of ['encrypted', 'plain', 'certified']) {
    await sandbox.query(1, `CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
  }
  await sandbox.query(1, "ALTER SYSTEM SET ssl_ca_file = 'authority.crt'");
  await useTls('on');
  const put = async (name: string, text: string, mode?: number) => {
    files[name] = await putFile(sandbox, name, text, mode);
  };
  await put('authority.crt', authority.certificate);
  await put('stranger.crt', stranger.certificate);
  await put('authority.crl', authority.revoke(server));
  await put('stranger.crl', authority.revoke(client));
  await put('client.crt', client.certificate);
  await put('client.key', client.key);
  await put('locked.key', encryptKey(client.key, 'open it'));
  await put('exposed.key', client.key, 0o644);
  await put('unknown.crt', unknownClient.certificate);
  await put('unknown.key', unknownClient.key);
  return () => {
    authority.remove();
    stranger.remove();
  };
});

async function useTls(value: 'on' | 'off'): Promise<void> {
  await sandbox.query(1, `ALTER SYSTEM SET ssl = ${value}`);
  await sandbox.query(1, 'SELECT pg_reload_conf()');
  const place = value === 'on' ? encryptedPlace() : 'connection_failed';
  await vi.waitFor(async () => expect(await placeByUs(to('sslmode=require'), {})).toBe(place), 20_000);
}

/** `host` is what the certificate is checked against, wherever the address leads. */
const to = (settings: string, host = 'node1.example') =>
  `host=${host} hostaddr=127.0.0.1 port=${port} dbname=repmgr ${settings.includes('user=') ? '' : 'user=repmgr'} ${settings}`;
const plainPlace = (user = 'repmgr') => `${port} ${user} repmgr primary`;
const encryptedPlace = (user = 'repmgr') => `${port} ${user} repmgr primary encrypted`;
const expectAt = (settings: string, place: string, environment: Environment = {}, host?: string) =>
  expectPlace(to(settings, host), { HOME: home, ...environment }, place);

describe.runIf(hasOpenssl).each(modes)('sslmode=%s', (mode) => {
  const isVerified = mode.startsWith('verify');
  const withoutProof = () => (mode === 'disable' || mode === 'allow' ? plainPlace() : encryptedPlace());
  const ofStranger = () => {
    if (isVerified || mode === 'require') return 'connection_failed';
    // What cannot be verified is no encryption; prefer goes on without.
    return plainPlace();
  };

  it('with the right authority checks the name only in verify-full', async () => {
    const proof = `sslmode=${mode} sslrootcert=${files['authority.crt']}`;
    await expectAt(proof, withoutProof());
    await expectAt(proof, mode === 'verify-full' ? 'connection_failed' : withoutProof(), {}, 'node2.example');
    await expectAt(proof, withoutProof(), {}, '127.0.0.1');
  });

  it('with another authority never ends in an encrypted session', async () => {
    await expectAt(`sslmode=${mode} sslrootcert=${files['stranger.crt']}`, ofStranger());
  });

  it('without an authority encrypts as it can, and refuses to verify', async () => {
    const place = isVerified ? 'conninfo_invalid' : withoutProof();
    await expectAt(`sslmode=${mode}`, place);
    await expectAt('application_name=x', place, { PGSSLMODE: mode });
  });

  it('takes the authority at home, which then counts in every mode', async () => {
    await mkdir(join(home, '.postgresql'), { recursive: true });
    const file = await putFile(sandbox, 'home/.postgresql/root.crt', certificates.stranger.certificate);
    await expectAt(`sslmode=${mode}`, ofStranger());
    await putFile(sandbox, 'home/.postgresql/root.crt', certificates.authority.certificate);
    await expectAt(`sslmode=${mode}`, withoutProof());
    await rm(file);
  });
});

describe.runIf(hasOpenssl)('pg_hba.conf', () => {
  it('may know encrypted or plain connections only; allow and prefer try the other kind', async () => {
    const password = { PGPASSWORD: 'secret' };
    const encrypted = encryptedPlace('encrypted');
    for (const mode of ['allow', 'prefer', 'require']) {
      await expectAt(`user=encrypted sslmode=${mode}`, encrypted, password);
    }
    await expectAt('user=encrypted sslmode=disable', 'connection_failed', password);
    for (const mode of ['disable', 'allow', 'prefer']) {
      await expectAt(`user=plain sslmode=${mode}`, plainPlace('plain'), password);
    }
    await expectAt('user=plain sslmode=require', 'connection_failed', password);
    await expectAt('user=encrypted sslmode=prefer', 'password_refused', { PGPASSWORD: 'wrong' });
  });
});

describe.runIf(hasOpenssl)('a client certificate', () => {
  const as = (name: string, key = name) =>
    `user=certified sslmode=require sslcert=${files[`${name}.crt`]} sslkey=${files[`${key}.key`]}`;

  it('lets in whom it names, if the server trusts who signed it', async () => {
    await expectAt(as('client'), encryptedPlace('certified'));
    await expectAt('user=certified sslmode=require', 'connection_failed');
    await expectAt(as('unknown'), 'connection_failed');
    await expectAt(`${as('client')} user=encrypted`, 'password_refused');
    await expectAt(`${as('client', 'locked')} sslpassword='open it'`, encryptedPlace('certified'));
    await expectAt(`${as('client', 'locked')} sslpassword=wrong`, 'connection_failed');
  });

  it('is taken from the home directory', async () => {
    await mkdir(join(home, '.postgresql'), { recursive: true });
    await putFile(sandbox, 'home/.postgresql/postgresql.crt', certificates.client.certificate);
    await putFile(sandbox, 'home/.postgresql/postgresql.key', certificates.client.key);
    await expectAt('user=certified sslmode=require', encryptedPlace('certified'));
    await rm(join(home, '.postgresql'), { recursive: true });
  });

  it('with a key that others may read, or without one, is refused where TLS is demanded', async () => {
    await expectAt(as('client', 'exposed'), 'conninfo_invalid');
    await expectAt(as('client', 'exposed').replace('require', 'prefer'), 'connection_failed');
    await expectAt(`sslmode=require sslcert=${files['client.crt']} sslkey=/no/such.key`, 'conninfo_invalid');
    const error = await failure(as('client', 'exposed'));
    expect(error).toMatchObject({
      message: `private key file "${files['exposed.key']}" was ignored, as others have access to it`,
      detail: 'Its mode is 0644.',
      hint: `Run: chmod 0600 ${files['exposed.key']}`,
      exitCode: 1,
    });
  });
});

describe.runIf(hasOpenssl)('further settings of TLS', () => {
  it('revocation lists are heeded', async () => {
    const proof = `sslmode=verify-ca sslrootcert=${files['authority.crt']}`;
    await expectAt(`${proof} sslcrl=${files['authority.crl']}`, 'connection_failed');
    await expectAt(`${proof} sslcrl=${files['stranger.crl']}`, encryptedPlace());
  });

  it('versions of the protocol outside of the wanted range are refused', async () => {
    await sandbox.query(1, "ALTER SYSTEM SET ssl_max_protocol_version = 'TLSv1.2'");
    await useTls('on');
    await vi.waitFor(
      async () =>
        expect(await placeByUs(to('sslmode=require ssl_min_protocol_version=TLSv1.3'), {})).toBe(
          'connection_failed',
        ),
      20_000,
    );
    await expectAt('sslmode=require ssl_min_protocol_version=TLSv1.3', 'connection_failed');
    await expectAt('sslmode=require ssl_max_protocol_version=TLSv1.2', encryptedPlace());
    await expectAt('sslmode=require ssl_min_protocol_version=TLSv9', 'conninfo_invalid');
    await sandbox.query(1, 'ALTER SYSTEM RESET ssl_max_protocol_version');
    await useTls('on');
  });

  it('channel binding is done where it is required, and refused where it cannot be', async () => {
    const password = { PGPASSWORD: 'secret' };
    const bound = 'channel_binding=require';
    await expectAt(`user=encrypted sslmode=require ${bound}`, encryptedPlace('encrypted'), password);
    await expectAt(`user=plain sslmode=disable ${bound}`, 'connection_failed', password);
    await expectAt(`sslmode=require ${bound}`, 'connection_failed');
  });

  it('sslrootcert=system trusts the authorities of the system, and demands verify-full', async () => {
    // Of libpq 16 and later, so psql is not asked.
    const trusted = (settings: string, file: string | undefined, host?: string) =>
      placeByUs(to(settings, host), { HOME: home, ...(file === undefined ? {} : { SSL_CERT_FILE: file }) });
    expect(await trusted('sslrootcert=system', files['authority.crt'])).toBe(encryptedPlace());
    expect(await trusted('sslrootcert=system', files['authority.crt'], 'node2.example')).toBe(
      'connection_failed',
    );
    expect(await trusted('sslrootcert=system', undefined)).toBe('connection_failed');
    expect(await trusted('sslrootcert=system sslmode=require', files['authority.crt'])).toBe(
      'conninfo_invalid',
    );
  });
});

describe.runIf(hasOpenssl)('what is said', () => {
  const proof = () => `sslrootcert=${files['authority.crt']}`;

  it('names what is wrong with a certificate, and how to look at it', async () => {
    const place = `"node1.example:${port}"`;
    expect(await failure(`sslmode=verify-ca sslrootcert=${files['stranger.crt']}`)).toMatchObject({
      exitCode: 6,
      message: `could not connect to PostgreSQL at ${place}`,
      detail: expect.stringMatching(/: self.signed certificate in certificate chain\.$/),
      hint: `Look at the server's certificate: openssl s_client -starttls postgres -connect node1.example:${port}; sslmode is explained in docs/connections.md.`,
    });
    const wrongName = await failure(`sslmode=verify-full ${proof()}`, 'node2.example');
    expect(wrongName.detail).toMatch(/node2\.example.*is not in the cert's altnames: DNS:node1\.example/);
    expect(await failure('sslmode=verify-full')).toMatchObject({
      exitCode: 1,
      message: `root certificate file "${home}/.postgresql/root.crt" does not exist`,
      hint: 'Copy it there, name another file with sslrootcert, or use sslrootcert=system.',
    });
  });

  it('a server without TLS is plain for allow and prefer, and refused by the others', async () => {
    await useTls('off');
    for (const mode of ['disable', 'allow', 'prefer']) await expectAt(`sslmode=${mode}`, plainPlace());
    for (const mode of ['require', 'verify-ca', 'verify-full']) {
      await expectAt(`sslmode=${mode} ${proof()}`, 'connection_failed');
    }
    expect(await failure('sslmode=require')).toMatchObject({
      detail: `node1.example:${port}: the server does not support TLS, but sslmode demands it.`,
      hint: expect.stringMatching(/^Set ssl = on on the server/),
    });
    await useTls('on');
  });
});

async function failure(settings: string, host?: string): Promise<RepmgrError> {
  return withEnvironment({ HOME: home }, async () => {
    try {
      await (await connect(to(settings, host))).close();
    } catch (error) {
      if (error instanceof RepmgrError) return error;
      throw error;
    }
    throw new Error('the connection was made');
  });
}

it.runIf(hasOpenssl)(
  'sslnegotiation=direct begins with TLS at once, as PostgreSQL 17 and later understand it',
  async () => {
    const newest = await sandboxForTest({ nodes: 1, build: 'primary', postgresVersion: 18 });
    await putFile(newest, 'node1/server.crt', certificates.server.certificate);
    await putFile(newest, 'node1/server.key', certificates.server.key);
    await newest.query(1, 'ALTER SYSTEM SET ssl = on');
    await newest.query(1, 'SELECT pg_reload_conf()');
    const direct = `host=127.0.0.1 port=${newest.node(1).port} user=repmgr dbname=repmgr sslnegotiation=direct`;
    const encrypted = `${newest.node(1).port} repmgr repmgr primary encrypted`;
    await vi.waitFor(
      async () => expect(await placeByUs(`${direct} sslmode=require`, {})).toBe(encrypted),
      20_000,
    );
    expect(await placeByUs(`${direct} sslmode=prefer`, {})).toBe('conninfo_invalid');
  },
);
