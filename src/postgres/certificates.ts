/**
 * The certificates of TLS: whom to trust, which ones are revoked, and our own.
 * See https://www.postgresql.org/docs/current/libpq-ssl.html
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { failure } from '../errors.ts';
import type { Conninfo } from '../model/conninfo.ts';

/** Where systems keep the authorities that they trust: Debian, Red Hat, SUSE, Alpine and the BSDs. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
] as const;

/**
 * Whose signature a server's certificate needs. As libpq, the chain is verified in every mode as soon as there is a
 * root certificate.
 * @throws RepmgrError conninfo_invalid where the file cannot be read, or is missing and `isNeeded`
 */
export async function trustedAuthorities(settings: Conninfo, isNeeded: boolean): Promise<ConnectionOptions> {
  const given = nonEmpty(settings['sslrootcert']);
  if (given === 'system') {
    return { rejectUnauthorized: true, ...(await systemAuthorities()) };
  }
  const file = given ?? inHome('root.crt');
  if (existsSync(file)) {
    return { rejectUnauthorized: true, ca: await read(file, 'root certificate file') };
  }
  if (isNeeded) {
    throw failure('conninfo_invalid', {
      message: `root certificate file "${file}" does not exist`,
      detail: `sslmode=${settings['sslmode']} needs the certificate of the authority that signed the server's.`,
      hint: 'Copy it there, name another file with sslrootcert, or use sslrootcert=system.',
    });
  }
  return { rejectUnauthorized: false };
}

/** Those of the system, as OpenSSL finds them; without a file of theirs, those that Node brings along. */
async function systemAuthorities(): Promise<ConnectionOptions> {
  const file = [process.env['SSL_CERT_FILE'] ?? '', ...systemBundles].find((path) => existsSync(path));
  return file === undefined ? {} : { ca: await read(file, 'certificate file of the system') };
}

/**
 * What we show to a server that asks for it.
 * @throws RepmgrError conninfo_invalid where a file is missing or cannot be read, or others may read the key
 */
export async function clientCertificate(settings: Conninfo): Promise<ConnectionOptions> {
  if (settings['sslcertmode'] === 'disable') {
    return {};
  }
  const certificateFile = nonEmpty(settings['sslcert']) ?? inHome('postgresql.crt');
  if (!existsSync(certificateFile)) {
    if (settings['sslcertmode'] === 'require') {
      throw failure('conninfo_invalid', {
        message: 'sslcertmode=require needs a client certificate',
        detail: `There is no file "${certificateFile}".`,
        hint: 'Name it with sslcert, and its key with sslkey.',
      });
    }
    return {};
  }
  const keyFile = nonEmpty(settings['sslkey']) ?? inHome('postgresql.key');
  const passphrase = nonEmpty(settings['sslpassword']);
  const key = await read(keyFile, 'private key file');
  await refuseExposedKey(keyFile);
  return {
    cert: await read(certificateFile, 'client certificate file'),
    key,
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}

/** As libpq: a key that others may read is no secret; root's may be readable for a group. */
async function refuseExposedKey(file: string): Promise<void> {
  const { uid, mode } = await stat(file);
  const forbidden = uid === 0 ? 0o037 : 0o077;
  if ((mode & forbidden) === 0) return;
  throw failure('conninfo_invalid', {
    message: `private key file "${file}" was ignored, as others have access to it`,
    detail: `Its mode is ${(mode & 0o777).toString(8).padStart(4, '0')}.`,
    hint: `Run: chmod 0600 ${file}`,
  });
}

/** @throws RepmgrError conninfo_invalid where a list cannot be read */
export async function revocationLists(settings: Conninfo): Promise<ConnectionOptions> {
  const directory = nonEmpty(settings['sslcrldir']);
  const file = nonEmpty(settings['sslcrl']) ?? inHome('root.crl');
  const files = directory === undefined ? [] : await filesIn(directory);
  const existing = [...files, file].filter((path) => existsSync(path));
  return existing.length === 0
    ? {}
    : { crl: await Promise.all(existing.map((path) => read(path, 'certificate revocation list'))) };
}

async function filesIn(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).map((name) => join(directory, name));
  } catch (error) {
    throw unreadable('directory of certificate revocation lists', directory, error);
  }
}

async function read(file: string, what: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw unreadable(what, file, error);
  }
}

function unreadable(what: string, path: string, error: unknown): Error {
  return failure('conninfo_invalid', {
    message: `${what} "${path}" cannot be read`,
    detail: error instanceof Error ? `${error.message}.` : undefined,
    hint: 'Make it readable for the user that runs this program, or name another one in the conninfo.',
    cause: error,
  });
}

function inHome(name: string): string {
  return join(homedir(), '.postgresql', name);
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
