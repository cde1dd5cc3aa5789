/**
 * sslmode and its neighbours, as libpq means them, turned into what Node's TLS needs.
 * See https://www.postgresql.org/docs/current/libpq-ssl.html
 */
import { isIP } from 'node:net';
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
      /** The session may do without, so a certificate that cannot be used is no error. */
      readonly isOptional: boolean;
      /**
       * Reads the certificates, once the server has agreed to TLS.
       * @throws RepmgrError conninfo_invalid
       */
      readonly options: () => Promise<ConnectionOptions>;
    };

const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
type SslMode = (typeof sslModes)[number];

/**
 * The ways to try on one target, in order: the second one only where the server refuses the first.
 * @throws RepmgrError conninfo_invalid for an unknown sslmode, or one that contradicts another setting
 */
export function encryptionsFor(settings: Conninfo, target: Target): readonly Encryption[] {
  const mode = sslModeOf(settings);
  if (mode === 'disable' || target.socketPath !== undefined) {
    return [{ kind: 'plain' }];
  }
  const isDirect = settings['sslnegotiation'] === 'direct';
  const isOptional = mode === 'allow' || mode === 'prefer';
  if (isDirect && isOptional) {
    throw invalid('sslnegotiation=direct needs sslmode=require or stronger', settings['sslmode']);
  }
  const tls: Encryption = {
    kind: 'tls',
    whenRefused: mode === 'prefer' ? 'continue_plain' : 'fail',
    isDirect,
    isOptional,
    options: () => tlsOptions(settings, mode, target),
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
  const { clientCertificate, revocationLists, trustedAuthorities } = await import('./certificates.ts');
  return {
    ...(await trustedAuthorities(settings, mode === 'verify-ca' || mode === 'verify-full')),
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

function invalid(message: string, value: string | undefined): Error {
  return failure('conninfo_invalid', {
    message,
    detail: `The value is "${value ?? ''}".`,
    hint: 'Correct the conninfo or the PGSSL... environment variables; see docs/connections.md.',
  });
}
