/** Fetches WAL from the repmgrd of another node, on a connection of its own. */
import { createHash } from 'node:crypto';
import { failure } from '../errors.ts';
import { limits } from '../limits.ts';
import type { NodeId } from '../model/node.ts';
import { splitAddress } from './address.ts';
import { ByteReader } from './byte-reader.ts';
import { openConnection } from './opening.ts';
import type { PeerDialing } from './peer-dialing.ts';
import { helloOf, writeLine } from './protocol.ts';
import { secretOf } from './signature.ts';
import type { WalAnswer, WalRequest } from './wal-request.ts';
import { walSignatureBody } from './wal-sending.ts';

export interface WalFetch {
  readonly from: NodeId;
  readonly address: string;
  readonly request: WalRequest;
  readonly signal: AbortSignal;
}

/**
 * @returns the answer when it begins; its bytes are to be believed only when all of them were read without an error,
 *   since the signature stands behind them
 * @throws RepmgrError peer_unreachable, also while the bytes are read
 */
export async function fetchWalFrom(dialing: PeerDialing, fetch: WalFetch): Promise<WalAnswer> {
  const { secrets } = dialing.secrets();
  for (const [index, secret] of secrets.entries()) {
    const answer = await attempt(dialing, fetch, secret).catch((error: unknown) => {
      throw unreachable(fetch, error);
    });
    if (answer !== undefined || index === secrets.length - 1) {
      return answer ?? { kind: 'refused', reason: 'the other node knows another secret' };
    }
  }
  return { kind: 'refused', reason: 'the secret of the cluster is not known' };
}

/** @returns undefined where the other node does not know this secret */
async function attempt(
  { identity, life, addresses, certificates, versions }: PeerDialing,
  { from, address, request, signal }: WalFetch,
  secret: string,
): Promise<WalAnswer | undefined> {
  const { host, port } = splitAddress(address);
  const resolved = addresses.addressOf(host);
  if (resolved === undefined) throw new Error(`the address of "${host}" is not known`);
  const certificate = await certificates();
  const opened = await openConnection({
    purpose: '/wal',
    host: resolved,
    port,
    certificates: certificate,
    signal,
  });
  const { socket, nonce, head } = opened;
  const abort = (): void => void socket.destroy(new Error('it was no longer waited for'));
  signal.addEventListener('abort', abort, { once: true });
  socket.once('close', () => signal.removeEventListener('abort', abort));
  socket.setTimeout(limits.walSilenceMs, () => socket.destroy(new Error('it fell silent')));
  const reader = new ByteReader(socket, head);
  socket.write(
    writeLine(secret, '/wal', nonce, 0, JSON.stringify(helloOf(identity(), life, from, versions))),
  );
  socket.write(writeLine(secret, '/wal', nonce, 1, JSON.stringify(request)));
  const [greeting = '', , ...reason] = (await reader.line()).split(' ');
  if (greeting === '401' || greeting !== '204') {
    socket.destroy();
    return greeting === '401'
      ? undefined
      : { kind: 'refused', reason: reason.join(' ') || `status ${greeting}` };
  }
  const [status, ...words] = (await reader.line()).split(' ');
  const length = Number(words[0]);
  if (status !== '200' || !Number.isSafeInteger(length)) {
    socket.destroy();
    return { kind: 'refused', reason: words.join(' ') || `status ${status}` };
  }
  const verify = (sha256: string, signature: string): boolean =>
    secretOf([secret], { purpose: '/wal', nonce, counter: 1, body: walSignatureBody(sha256) }, signature) !==
    undefined;
  const bytes = readSigned(reader, length, verify, (error) =>
    unreachable({ from, address, request, signal }, error),
  );
  return { kind: 'bytes', length, bytes };
}

async function* readSigned(
  reader: ByteReader,
  length: number,
  isSigned: (sha256: string, signature: string) => boolean,
  describe: (error: unknown) => Error,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  try {
    for await (const piece of reader.bytes(length)) {
      hash.update(piece);
      yield piece;
    }
    if (!isSigned(hash.digest('hex'), await reader.line()))
      throw new Error('the signature of its WAL is wrong');
  } catch (error) {
    throw describe(error);
  }
}

function unreachable({ from, address }: WalFetch, error: unknown): Error {
  return failure('peer_unreachable', {
    message: `WAL cannot be fetched from the repmgrd of node ${from} at ${address}`,
    detail: error instanceof Error ? error.message : String(error),
    hint: 'See whether it runs: repmgr daemon status',
    cause: error,
  });
}
