/** Asks the repmgrd of another node for what it knows of the cluster: the metadata of a witness without PostgreSQL. */
import * as v from 'valibot';
import type { NodeId } from '../model/node.ts';
import { limits } from '../limits.ts';
import { splitAddress } from './address.ts';
import { ByteReader } from './byte-reader.ts';
import { parseJson } from './json.ts';
import { openConnection } from './opening.ts';
import type { PeerDialing } from './peer-dialing.ts';
import { helloOf, statuses, writeLine } from './protocol.ts';
import { shortText } from './schema-parts.ts';
import { unseal } from './sealing.ts';

/** What happened to a node that cannot write it into the metadata itself. */
export interface RelayedEvent {
  readonly name: string;
  readonly isSuccessful: boolean;
  readonly details: string;
  /** By the wall clock of that node. */
  readonly atMs: number;
}

export interface MetadataRequest {
  /** HOST:PORT at which whoever asks is reached itself. */
  readonly address: string;
  /** They are written before the answer comes, all or none. */
  readonly events: readonly RelayedEvent[];
}

const eventSchema = v.object({
  name: shortText,
  isSuccessful: v.boolean(),
  details: shortText,
  atMs: v.pipe(v.number(), v.safeInteger()),
});

const requestSchema = v.object({
  address: v.pipe(shortText, v.regex(/^.+:\d{1,5}$/)),
  events: v.optional(v.array(eventSchema), []),
});

/** @returns undefined where the text is no such request */
export function readMetadataRequest(body: string): MetadataRequest | undefined {
  const parsed = v.safeParse(requestSchema, parseJson(body));
  return parsed.success ? parsed.output : undefined;
}

export interface MetadataFetch {
  readonly from: NodeId;
  readonly address: string;
  readonly request: MetadataRequest;
  readonly signal: AbortSignal;
}

/**
 * @returns what the other repmgrd wrote, decrypted
 * @throws Error whose message tells in words why there is none
 */
export async function fetchMetadataFrom(dialing: PeerDialing, fetch: MetadataFetch): Promise<string> {
  for (const secret of dialing.secrets().secrets) {
    const text = await attempt(dialing, fetch, secret);
    if (text !== undefined) return text;
  }
  throw new Error('it knows another secret than this node');
}

/** @returns undefined where the other node does not know this secret */
async function attempt(
  { identity, life, addresses, certificates, versions }: PeerDialing,
  { from, address, request, signal }: MetadataFetch,
  secret: string,
): Promise<string | undefined> {
  const { host, port } = splitAddress(address);
  const resolved = addresses.addressOf(host);
  if (resolved === undefined) throw new Error(`the address of "${host}" is not known`);
  const purpose = '/metadata';
  const opening = { purpose, host: resolved, port, certificates: await certificates(), signal } as const;
  const { socket, nonce, head } = await openConnection(opening);
  try {
    socket.setTimeout(limits.peerHelloMs, () => socket.destroy(new Error('it fell silent')));
    const reader = new ByteReader(socket, head);
    const hello = JSON.stringify(helloOf(identity(), life, from, versions));
    socket.write(writeLine(secret, purpose, nonce, 0, hello));
    socket.write(writeLine(secret, purpose, nonce, 1, JSON.stringify(request)));
    const [greeting, , ...reason] = (await reader.line()).split(' ');
    if (Number(greeting) === statuses.badSignature) return undefined;
    if (Number(greeting) === statuses.unknownNode)
      throw new Error('this node is not registered there any more');
    if (Number(greeting) !== statuses.accepted) throw new Error(reason.join(' ') || `status ${greeting}`);
    const [status, ...words] = (await reader.line(limits.metadataAnswerBytes)).split(' ');
    if (status === '503') throw new Error(words.join(' '));
    const text = status === '200' ? unseal(words.join(''), { secret, purpose, nonce }) : undefined;
    if (text === undefined) throw new Error('its answer makes no sense');
    return text;
  } finally {
    socket.destroy();
  }
}
