/** Reads a page of another node's repmgrd, as commands do: one connection, one answer, and never for long. */
import { request as httpRequest } from 'node:http';
import { limits } from '../limits.ts';
import { splitAddress } from './address.ts';
import { readCertificates, secureRequest, type TlsFiles } from './certificates.ts';
import { parseJson } from './json.ts';

export interface PageRequest {
  /** HOST:PORT. */
  readonly address: string;
  readonly path: '/cluster' | '/decisions';
  readonly tls: TlsFiles | undefined;
  readonly signal: AbortSignal;
}

/**
 * @returns what the page says
 * @throws Error whose message tells in words why there is no answer, after `limits.pageMs` at the latest
 */
export async function readPage({ address, path, tls, signal }: PageRequest): Promise<unknown> {
  const { host, port } = splitAddress(address);
  const options = { host, port, path, agent: false } as const;
  const certificates = tls === undefined ? undefined : await readCertificates(tls);
  const text = await new Promise<string>((resolve, reject) => {
    const request = certificates === undefined ? httpRequest(options) : secureRequest(options, certificates);
    const timer = setTimeout(
      () => request.destroy(new Error(`no answer within ${limits.pageMs} ms`)),
      limits.pageMs,
    );
    const abort = (): void => void request.destroy(new Error('interrupted'));
    signal.addEventListener('abort', abort, { once: true });
    request.on('response', (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () => resolve(Buffer.concat(pieces).toString('utf8')));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.on('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    });
    if (signal.aborted) abort();
    request.end();
  });
  const page = parseJson(text);
  if (page === undefined) throw new Error('what listens there is no repmgrd');
  return page;
}
