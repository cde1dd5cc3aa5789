/** The connection to one other repmgrd, kept open and opened again; messages go out on it, and nothing waits for it. */
import type { Socket } from 'node:net';
import type { Message } from '../failover/messages.ts';
import { limits } from '../limits.ts';
import type { NodeId } from '../model/node.ts';
import { splitAddress } from './address.ts';
import type { PeerIdentity } from './identity.ts';
import { LineReader } from './lines.ts';
import { type OpenedConnection, openConnection } from './opening.ts';
import { type Outgoing, Outbox } from './outbox.ts';
import type { PeerDialing } from './peer-dialing.ts';
import { helloOf, statuses, writeLine } from './protocol.ts';
import { hintFor } from './refusals.ts';
import { writeSecrets } from './secret-sharing.ts';

interface Line {
  readonly socket: Socket;
  readonly nonce: string;
  readonly identity: PeerIdentity;
  counter: number;
  /** Sent and not acknowledged yet, oldest first. */
  readonly underWay: UnderWay[];
}

interface UnderWay {
  /** Undefined for the hello. */
  readonly outgoing: Outgoing | undefined;
  readonly sentAt: number;
}

const refusedAs = ['badSignature', 'unknownNode', 'otherCluster', 'nodeTaken', 'otherVersion'] as const;

type RefusedAs = (typeof refusedAs)[number];

/** Of a kind that nobody listens to. */
const signOfLife = JSON.stringify({ kind: 'signOfLife' });

export class PeerConnection {
  readonly #dialing: PeerDialing;
  readonly #to: NodeId;
  readonly #ending = new AbortController();
  readonly #outbox = new Outbox();
  #address: string;
  #line: Line | undefined;
  #isOpening = false;
  #retryMs: number = limits.peerRetryMs;
  #retryTimer: NodeJS.Timeout | undefined;
  #answerTimer: NodeJS.Timeout | undefined;
  /** Which of the secrets the other node knows, as far as it let this one know. */
  #secretIndex = 0;
  #refusedInARow = 0;
  /** By which kind it was refused the last time; undefined: it was not. */
  #refusal: RefusedAs | undefined;
  /** Why it is not reached; empty: it is. Told when it changes. */
  #trouble = '';

  /** Opens at once, so that the first message need not wait. */
  constructor(dialing: PeerDialing, to: NodeId, address: string) {
    this.#dialing = dialing;
    this.#to = to;
    this.#address = address;
    void this.#open();
  }

  get address(): string {
    return this.#address;
  }

  /** Where the other node is not reached now, it is told as soon as it is. */
  shareSecrets(): void {
    // Another one stands first now.
    this.#secretIndex = 0;
    if (this.#line !== undefined) this.#writeSecrets(this.#line);
  }

  /** @param body the message as JSON in one line: a heartbeat is the same to all */
  send(message: Message, body: string): void {
    const isHeartbeat = message.kind === 'heartbeat';
    this.#outbox.add({ isHeartbeat, body, since: performance.now() });
    if (this.#line === undefined) return;
    const { systemIdentifier } = this.#dialing.identity();
    if (this.#line.identity.systemIdentifier === systemIdentifier) this.#flush(this.#line);
    else this.#drop(this.#line, 'this node has learned which cluster it belongs to');
  }

  /** The other node has said something, so it is there: where it is not reached it need not be waited with. */
  reopen(): void {
    if (this.#line !== undefined || this.#refusal !== undefined) return;
    clearTimeout(this.#retryTimer);
    void this.#open();
  }

  close(): void {
    this.#ending.abort();
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#answerTimer);
    this.#line?.socket.destroy();
    this.#line = undefined;
  }

  async #open(): Promise<void> {
    if (this.#isOpening || this.#line !== undefined || this.#ending.signal.aborted) return;
    this.#isOpening = true;
    const { host, port } = splitAddress(this.#address);
    try {
      const address = this.#dialing.addresses.addressOf(host);
      if (address === undefined) throw new Error(`the address of "${host}" is not known`);
      const certificates = await this.#dialing.certificates();
      const { signal } = this.#ending;
      this.#begin(await openConnection({ purpose: '/peer', host: address, port, certificates, signal }));
    } catch (error) {
      this.#dialing.addresses.lookUp(host);
      this.#fail(error instanceof Error ? error.message : String(error));
    } finally {
      this.#isOpening = false;
    }
  }

  #begin({ socket, nonce, head }: OpenedConnection): void {
    const identity = this.#dialing.identity();
    const line: Line = { socket, nonce, identity, counter: 0, underWay: [] };
    const lines = new LineReader({
      maximumBytes: limits.peerMessageBytes,
      onLine: (text) => this.#onAnswer(line, text),
      onTooLong: () => this.#drop(line, 'its answer is no answer of a repmgrd'),
    });
    socket.on('data', (piece: Buffer) => lines.push(piece));
    socket.on('error', (error) => this.#drop(line, error.message));
    socket.on('close', () => this.#drop(line, 'it closed the connection'));
    this.#line = line;
    this.#write(
      line,
      JSON.stringify(helloOf(identity, this.#dialing.life, this.#to, this.#dialing.versions)),
    );
    this.#writeSecrets(line);
    this.#flush(line);
    if (head.length > 0) lines.push(head);
  }

  #flush(line: Line): void {
    while (this.#line === line && line.underWay.length < limits.peerWindow) {
      const beats = line.underWay.filter(({ outgoing }) => outgoing?.isHeartbeat === true).length;
      const next = this.#outbox.next(performance.now(), beats < limits.peerHeartbeatWindow);
      if (next === undefined) return;
      this.#write(line, next.body, next);
    }
  }

  /** What messages to this node are signed with. */
  get #secret(): string {
    const { secrets } = this.#dialing.secrets();
    return secrets[this.#secretIndex % Math.max(1, secrets.length)] ?? '';
  }

  #writeSecrets(line: Line): void {
    const secret = this.#secret;
    if (secret === '') return;
    const common = { secret, purpose: '/peer', nonce: line.nonce } as const;
    this.#write(line, writeSecrets(this.#dialing.secrets(), common));
  }

  #write(line: Line, body: string, outgoing?: Outgoing): void {
    line.underWay.push({ outgoing, sentAt: performance.now() });
    line.socket.write(writeLine(this.#secret, '/peer', line.nonce, line.counter, body));
    line.counter++;
    this.#answerTimer ??= setTimeout(() => this.#watchAnswers(), limits.peerAnswerMs);
  }

  /** One timer for all messages: what is not acknowledged in time tells that the other side is gone. */
  #watchAnswers(): void {
    this.#answerTimer = undefined;
    const line = this.#line;
    const oldest = line?.underWay[0];
    if (line === undefined || oldest === undefined) return;
    const leftMs = oldest.sentAt + limits.peerAnswerMs - performance.now();
    if (leftMs <= 0) this.#drop(line, 'it does not answer');
    else this.#answerTimer = setTimeout(() => this.#watchAnswers(), leftMs);
  }

  #onAnswer(line: Line, text: string): void {
    const [status = '', , ...detail] = text.split(' ');
    if (Number(status) === statuses.signOfLife) {
      this.#write(line, signOfLife);
    } else if (Number(status) === statuses.accepted || Number(status) === statuses.malformed) {
      line.underWay.shift();
      this.#refusedInARow = 0;
      this.#refusal = undefined;
      this.#retryMs = limits.peerRetryMs;
      this.#tellOfReturn();
      this.#flush(line);
    } else {
      this.#onRefusal(line, Number(status), detail.join(' '));
    }
  }

  /** What was signed wrongly is said once more at once, by a new nonce, and by the other secret where there is one. */
  #onRefusal(line: Line, status: number, detail: string): void {
    this.#refusedInARow++;
    this.#refusal = refusedAs.find((kind) => statuses[kind] === status);
    if (status !== statuses.badSignature) {
      this.#drop(line, `it refuses this node: ${detail === '' ? `status ${status}` : detail}`);
      return;
    }
    this.#secretIndex++;
    for (const { outgoing } of line.underWay) if (outgoing !== undefined) this.#outbox.add(outgoing);
    if (this.#refusedInARow === 1) {
      this.#drop(line, null, 0);
      return;
    }
    this.#drop(line, 'it knows another secret than this node');
    this.#dialing.onUnknownSecret();
  }

  #drop(line: Line, reason: string | null, retryMs?: number): void {
    if (this.#line !== line) return;
    this.#line = undefined;
    line.socket.destroy();
    this.#fail(reason, retryMs);
  }

  /** @param reason null: nothing to tell of, the next attempt will be in order */
  #fail(reason: string | null, retryMs = this.#retryMs): void {
    if (this.#ending.signal.aborted) return;
    if (reason !== null) this.#tellOfTrouble(reason);
    this.#retryMs = Math.min(this.#retryMs * 2, limits.peerRetryMaxMs);
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => void this.#open(), retryMs);
  }

  #tellOfTrouble(reason: string): void {
    if (reason === this.#trouble) return;
    this.#trouble = reason;
    const { log } = this.#dialing;
    const message = `repmgrd of node ${this.#to} is not reached at ${this.#address}`;
    if (this.#refusal === undefined) log.info(message, { detail: reason });
    // A new node is known to the others a moment later.
    else if (this.#refusal === 'unknownNode') log.warning(message, { detail: reason });
    else log.error(message, { detail: reason, hint: hintFor(this.#refusal) });
  }

  #tellOfReturn(): void {
    if (this.#trouble === '') return;
    this.#trouble = '';
    this.#dialing.log.info(`repmgrd of node ${this.#to} at ${this.#address} answers`);
  }
}
