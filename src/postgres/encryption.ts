/**
 * sslmode and its neighbours, as libpq means them, turned into what Node's TLS needs.
 * See https://www.postgresql.org/docs/current/libpq-ssl.html
 */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions, PeerCertificate, SecureVersion } from 'node:tls';
import { failure } from '../errors.ts';
import type { Conninfo } from '../model/conninfo.ts';
import type { Target } from './targets.ts';

export type Encryption =
  | { readonly kind: 'plain' }
  | {
      readonly kind: 'tls';
      /** What to do when the server has no TLS. */
      readonly whenRefused: 'fail' | 'continue_plain';
      readonly isDirect: boolean;
      readonly options: ConnectionOptions;
    };

const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
type SslMode = (typeof sslModes)[number];

/**
 * The ways to try on one target, in order: the second one only where the server refuses the first.
 * @throws RepmgrError conninfo_invalid for an unknown sslmode, or a certificate that cannot be read
 */
export async function encryptionsFor(settings: Conninfo, target: Target): Promise<readonly Encryption[]> {
  const mode = sslModeOf(settings);
  if (mode === 'disable' || target.socketPath !== undefined) {
    return [{ kind: 'plain' }];
  }
  const options = await tlsOptions(settings, mode, target);
  const isDirect = settings['sslnegotiation'] === 'direct';
  const isOptional = mode === 'allow' || mode === 'prefer';
  if (isDirect && isOptional) {
    throw invalid('sslnegotiation=direct needs sslmode=require or stronger', settings['sslmode']);
  }
  const tls: Encryption = {
    kind: 'tls',
    whenRefused: mode === 'prefer' ? 'continue_plain' : 'fail',
    isDirect,
    options,
  };
  if (!isOptional) {
    return [tls];
  }
  return mode === 'allow' ? [{ kind: 'plain' }, tls] : [tls, { kind: 'plain' }];
}

function sslModeOf(settings: Conninfo): SslMode {
  // With the system's certificate authorities anything weaker would let anyone in who has a certificate.
  const fallback = settings['sslrootcert'] === 'system' ? 'verify-full' : 'prefer';
  const given = settings['sslmode'] ?? fallback;
  const mode = sslModes.find((candidate) => candidate === given);
  if (mode === undefined) {
    throw invalid('invalid sslmode value', given);
  }
  if (settings['sslrootcert'] === 'system' && mode !== 'verify-full') {
    throw invalid('sslrootcert=system needs sslmode=verify-full', given);
  }
  return mode;
}

async function tlsOptions(settings: Conninfo, mode: SslMode, target: Target): Promise<ConnectionOptions> {
  const authorities = await rootCertificates(settings, mode);
  return {
    // libpq verifies the chain in every mode as soon as there is a root certificate.
    rejectUnauthorized: authorities !== undefined,
    ...(authorities === undefined || authorities === 'system' ? {} : { ca: authorities }),
    checkServerIdentity: await nameCheck(mode, target.host),
    ...(isIP(target.host) === 0 && settings['sslsni'] !== '0' ? { servername: target.host } : {}),
    minVersion: protocolVersion(settings['ssl_min_protocol_version']) ?? 'TLSv1.2',
    ...maxVersion(protocolVersion(settings['ssl_max_protocol_version'])),
    ...(await clientCertificate(settings)),
    ...(await revocationLists(settings)),
  };
}

/** The name on the certificate counts in one mode only. node:tls takes 5 ms to load: only where it is needed. */
async function nameCheck(
  mode: SslMode,
  host: string,
): Promise<(name: string, certificate: PeerCertificate) => Error | undefined> {
  if (mode !== 'verify-full') {
    return () => undefined;
  }
  const { checkServerIdentity } = await import('node:tls');
  return (_name, certificate) => checkServerIdentity(host, certificate);
}

async function rootCertificates(settings: Conninfo, mode: SslMode): Promise<Buffer | 'system' | undefined> {
  const given = nonEmpty(settings['sslrootcert']);
  if (given === 'system') {
    return 'system';
  }
  const file = given ?? inHome('root.crt');
  if (existsSync(file)) {
    return read(file, 'root certificate file');
  }
  if (mode === 'verify-ca' || mode === 'verify-full') {
    throw failure('conninfo_invalid', {
      message: `root certificate file "${file}" does not exist`,
      detail: `sslmode=${mode} needs the certificate of the authority that signed the server's.`,
      hint: 'Copy it there, name another file with sslrootcert, or use sslrootcert=system.',
    });
  }
  return undefined;
}

async function clientCertificate(settings: Conninfo): Promise<ConnectionOptions> {
  if (settings['sslcertmode'] === 'disable') {
    return {};
  }
  const certificateFile = nonEmpty(settings['sslcert']) ?? inHome('postgresql.crt');
  if (!existsSync(certificateFile)) {
    if (settings['sslcertmode'] === 'require') {
      throw invalid('sslcertmode=require needs a client certificate', certificateFile);
    }
    return {};
  }
  const keyFile = nonEmpty(settings['sslkey']) ?? inHome('postgresql.key');
  const passphrase = nonEmpty(settings['sslpassword']);
  return {
    cert: await read(certificateFile, 'client certificate file'),
    key: await read(keyFile, 'private key file'),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}

async function revocationLists(settings: Conninfo): Promise<ConnectionOptions> {
  const directory = nonEmpty(settings['sslcrldir']);
  const file = nonEmpty(settings['sslcrl']) ?? inHome('root.crl');
  const files =
    directory === undefined ? [] : (await readdir(directory)).map((name) => join(directory, name));
  const existing = [...files, file].filter((path) => existsSync(path));
  return existing.length === 0
    ? {}
    : { crl: await Promise.all(existing.map((path) => read(path, 'certificate revocation list'))) };
}

function protocolVersion(given: string | undefined): SecureVersion | undefined {
  const versions: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
  const version = versions.find((candidate) => candidate.toLowerCase() === given?.toLowerCase());
  if (given !== undefined && given !== '' && version === undefined) {
    throw invalid('invalid TLS protocol version', given);
  }
  return version;
}

function maxVersion(version: SecureVersion | undefined): ConnectionOptions {
  return version === undefined ? {} : { maxVersion: version };
}

async function read(file: string, what: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw failure('conninfo_invalid', {
      message: `${what} "${file}" cannot be read`,
      detail: error instanceof Error ? `${error.message}.` : undefined,
      hint: 'Make it readable for the user that runs this program, or name another file in the conninfo.',
      cause: error,
    });
  }
}

function invalid(message: string, value: string | undefined): Error {
  return failure('conninfo_invalid', {
    message,
    detail: `The value is "${value ?? ''}".`,
    hint: 'Correct the conninfo or the PGSSL... environment variables; see docs/connections.md.',
  });
}

function inHome(name: string): string {
  return join(homedir(), '.postgresql', name);
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
