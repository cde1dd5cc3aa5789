/** A connection on which a witness shows its invitation: one signed line, one answer, and the end. */
import type { Socket } from 'node:net';
import { limits } from '../limits.ts';
import { type AdmissionAnswer, type AdmissionRequest, readAdmissionRequest } from './admission.ts';
import { LineReader } from './lines.ts';
import { readLine, statuses } from './protocol.ts';
import type { Refusals } from './refusals.ts';
import { seal } from './sealing.ts';
import { secretOf } from './signature.ts';

export interface AdmissionService {
  /** @param isSignedBy whether the request was signed with this key */
  readonly onAdmission: (
    request: AdmissionRequest,
    isSignedBy: (key: string) => boolean,
  ) => Promise<AdmissionAnswer>;
  readonly refusals: Refusals;
}

/** Never throws; the connection ends in any case. */
export function serveAdmission(service: AdmissionService, socket: Socket, nonce: string): void {
  const deadline = setTimeout(() => socket.destroy(), limits.peerHelloMs + limits.admissionMs);
  const who = socket.remoteAddress ?? 'somebody';
  const answer = (status: number, text: string): void => void socket.end(`${status} ${text}\n`);
  const refuse = (kind: 'malformed' | 'tooLarge', what: string): void => {
    answer(statuses[kind], '');
    service.refusals.tell(kind, who, `${who} ${what}`);
  };
  const lines = new LineReader({
    maximumBytes: limits.controlRequestBytes,
    onTooLong: () => refuse('tooLarge', 'sent an invitation that is too long'),
    onLine: (text) => {
      lines.stop();
      const line = readLine(text);
      const request = line && readAdmissionRequest(line.body);
      if (line === undefined || request === undefined) {
        refuse('malformed', 'sent something that is no invitation');
        return;
      }
      const signed = { purpose: '/join', nonce, counter: line.counter, body: line.body } as const;
      const isSignedBy = (key: string): boolean => secretOf([key], signed, line.signature) !== undefined;
      service.onAdmission(request, isSignedBy).then(
        (said) => {
          if (said.kind !== 'admitted') answer(statuses.unknownNode, JSON.stringify(said));
          else answer(200, seal(said.facts, { secret: said.key, purpose: '/join', nonce }));
        },
        () => socket.destroy(),
      );
    },
  });
  socket.on('data', (piece: Buffer) => lines.push(piece));
  socket.on('error', () => socket.destroy());
  socket.on('close', () => clearTimeout(deadline));
}
