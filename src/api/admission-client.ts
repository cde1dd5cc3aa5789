/** Shows an invitation to the repmgrd that gave it, and takes what that one knows of the cluster. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { failure } from '../errors.ts';
import { limits } from '../limits.ts';
import { splitAddress } from './address.ts';
import { type AdmissionRequest, type PlainAnswer, readPlainAnswer } from './admission.ts';
import { ByteReader } from './byte-reader.ts';
import { readCertificates, type TlsFiles } from './certificates.ts';
import type { InvitationToken } from './invitation.ts';
import { openConnection } from './opening.ts';
import { writeLine } from './protocol.ts';
import { unseal } from './sealing.ts';

export interface AdmissionCall {
  readonly token: InvitationToken;
  readonly request: Omit<AdmissionRequest, 'invitation' | 'cluster'>;
  readonly tls: TlsFiles | undefined;
  readonly signal: AbortSignal;
}

export type Admission = { readonly kind: 'admitted'; readonly facts: string } | PlainAnswer;

/**
 * @returns what the other side says; it has proved to be the one that gave the invitation where it admits
 * @throws RepmgrError peer_unreachable, api_certificate_unusable or interrupted
 */
export async function askForAdmission({ token, request, tls, signal }: AdmissionCall): Promise<Admission> {
  const certificates = tls === undefined ? undefined : await readCertificates(tls);
  const { host, port } = splitAddress(token.address);
  try {
    const address = isIP(host) === 0 ? (await lookup(host)).address : host;
    const opened = await openConnection({ purpose: '/join', host: address, port, certificates, signal });
    const { socket, nonce, head } = opened;
    socket.setTimeout(limits.peerHelloMs + limits.admissionMs, () =>
      socket.destroy(new Error('it fell silent')),
    );
    const abort = (): void => void socket.destroy(new Error('interrupted'));
    signal.addEventListener('abort', abort, { once: true });
    try {
      const reader = new ByteReader(socket, head);
      const body = JSON.stringify({ ...request, invitation: token.id, cluster: token.cluster });
      socket.write(writeLine(token.key, '/join', nonce, 0, body));
      const line = await reader.line(limits.metadataAnswerBytes);
      const text = line.slice(line.indexOf(' ') + 1);
      const isAdmitted = line.startsWith('200 ');
      const facts = isAdmitted ? unseal(text, { secret: token.key, purpose: '/join', nonce }) : undefined;
      if (facts !== undefined) return { kind: 'admitted', facts };
      const plain = isAdmitted ? undefined : readPlainAnswer(text);
      if (plain !== undefined) return plain;
      throw new Error(
        isAdmitted ? 'its answer is not of whom the token is from' : 'its answer makes no sense',
      );
    } finally {
      signal.removeEventListener('abort', abort);
      socket.destroy();
    }
  } catch (error) {
    if (signal.aborted) throw failure('interrupted', { message: 'the operation was interrupted' });
    throw failure('peer_unreachable', {
      message: `the repmgrd at ${token.address}, which gave the token, cannot be asked`,
      detail: error instanceof Error ? error.message : String(error),
      hint: `See that repmgrd runs on the primary, and that this machine reaches ${token.address}; with TLS there, set api_tls_... here too.`,
      cause: error,
    });
  }
}
