/** TLS between repmgrds: certificates of one authority, which proves that they are nodes, whatever names they bear. */
import { readFile } from 'node:fs/promises';
import type { ClientRequest, RequestOptions } from 'node:http';
import { request } from 'node:https';
import type { Config } from '../config/resolve.ts';
import { failure } from '../errors.ts';

/** Paths of repmgr.conf. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  /** What the certificates of the other nodes must be signed by. */
  readonly authority: string;
}

/** Undefined: without TLS. All three are set or none, which the configuration checks. */
export function tlsFilesOf({ apiTlsCertFile, apiTlsKeyFile, apiTlsCaFile }: Config): TlsFiles | undefined {
  return apiTlsCertFile === undefined || apiTlsKeyFile === undefined || apiTlsCaFile === undefined
    ? undefined
    : { certificate: apiTlsCertFile, key: apiTlsKeyFile, authority: apiTlsCaFile };
}

/** What those files hold. */
export interface Certificates {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer;
}

/** @throws RepmgrError api_certificate_unusable, where a file cannot be read */
export async function readCertificates(files: TlsFiles): Promise<Certificates> {
  const [cert, key, ca] = await Promise.all([
    readCertificate('api_tls_cert_file', files.certificate),
    readCertificate('api_tls_key_file', files.key),
    readCertificate('api_tls_ca_file', files.authority),
  ]);
  return { cert, key, ca };
}

/** The peer's certificate must come from the authority; names are not compared, since nodes are reached by address. */
export function secureRequest(options: RequestOptions, certificates: Certificates): ClientRequest {
  return request({
    ...options,
    ...certificates,
    rejectUnauthorized: true,
    checkServerIdentity: () => undefined,
  });
}

async function readCertificate(parameter: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw certificateUnusable(`${parameter}: "${path}" cannot be read`, error);
  }
}

/** The error of certificates that the listener cannot use. */
export function certificateUnusable(message: string, cause: unknown): Error {
  return failure('api_certificate_unusable', {
    message,
    detail: cause instanceof Error ? cause.message : String(cause),
    hint: 'Correct the three api_tls_... files in repmgr.conf, and see that the user of repmgrd may read them.',
    cause,
  });
}
