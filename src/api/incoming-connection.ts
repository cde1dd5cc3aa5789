/** A connection that another repmgrd opened: it proves who it is, then each line is a message, or one asks for WAL. */
import type { Socket } from 'node:net';
import { limits } from '../limits.ts';
import type { NodeId } from '../model/node.ts';
import type { Claimant } from './node-claims.ts';
import { parseJson } from './json.ts';
import { LineReader } from './lines.ts';
import { readMetadataRequest } from './metadata-fetching.ts';
import { readMessage } from './message-schema.ts';
import { sendMetadata } from './metadata-sending.ts';
import type { PeerService } from './peer-service.ts';
import { readHello, readLine, refuseHello, type Status, statuses } from './protocol.ts';
import type { RefusalKind } from './refusals.ts';
import { readSecrets } from './secret-sharing.ts';
import { type Purpose, secretOf } from './signature.ts';
import { readWalRequest } from './wal-request.ts';
import { sendWal } from './wal-sending.ts';

export class IncomingConnection implements Claimant {
  readonly #service: PeerService;
  readonly #socket: Socket;
  readonly #purpose: Purpose;
  readonly #nonce: string;
  readonly #lines: LineReader;
  /** For the first line, or for the other side to close what was refused. */
  #deadline: NodeJS.Timeout;
  readonly #ending = new AbortController();
  #counter = 0;
  #life = '';
  #heardAt = performance.now();
  #from: NodeId | undefined;

  constructor(service: PeerService, socket: Socket, purpose: Purpose, nonce: string) {
    this.#service = service;
    this.#socket = socket;
    this.#purpose = purpose;
    this.#nonce = nonce;
    this.#lines = new LineReader({
      maximumBytes: limits.peerMessageBytes,
      onLine: (line) => this.#receive(line),
      onTooLong: () =>
        this.#refuse(
          'tooLarge',
          `sent a message of more than ${limits.peerMessageBytes} bytes`,
          'and goes on',
        ),
    });
    this.#deadline = setTimeout(() => {
      service.refusals.tell('silent', this.#who(), `${this.#who()} opened a connection and said nothing`);
      socket.destroy();
    }, limits.peerHelloMs);
    socket.on('data', (piece: Buffer) => this.#lines.push(piece));
    socket.on('error', () => socket.destroy());
    // A listener of HTTP leaves its half of a connection open when the other half ends.
    socket.on('end', () => socket.end());
    socket.on('close', () => {
      service.claims.release(this);
      clearTimeout(this.#deadline);
      this.#ending.abort();
    });
  }

  get life(): string {
    return this.#life;
  }

  get address(): string {
    return this.#socket.remoteAddress ?? 'an unknown address';
  }

  get heardAt(): number {
    return this.#heardAt;
  }

  probe(): void {
    this.#answer(statuses.signOfLife);
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(text: string): void {
    const line = readLine(text);
    if (line === undefined) {
      this.#refuse('malformed', 'sent something that is no message of a repmgrd');
      return;
    }
    const { counter, signature, body } = line;
    const signed = { purpose: this.#purpose, nonce: this.#nonce, counter, body };
    const secret = secretOf(this.#service.secrets(), signed, signature);
    if (secret === undefined) {
      // Who has proved to be a node knows a newer secret already, if it is not somebody else by now.
      const told = this.#from === undefined ? 'badSignature' : 'otherSecret';
      this.#refuse('badSignature', 'sent a message with a wrong signature', this.#nonce, told);
    } else if (counter !== this.#counter) {
      this.#refuse('replayed', 'sent a message for the second time, or out of its order');
    } else {
      this.#counter++;
      this.#heardAt = performance.now();
      this.#take(body, secret);
    }
  }

  #take(body: string, secret: string): void {
    if (this.#from === undefined) {
      this.#greet(body);
    } else if (this.#purpose === '/peer') {
      this.#deliver(this.#from, body, secret);
    } else if (this.#purpose === '/metadata') {
      this.#serveMetadata(this.#from, body, secret);
    } else {
      this.#serveWal(body, secret);
    }
  }

  #greet(body: string): void {
    const { identity, versions, isKnownNode, lookAgain, claims } = this.#service;
    const hello = readHello(body);
    if (hello === undefined) {
      this.#refuse('malformed', 'did not say which node it is');
      return;
    }
    const refusal = refuseHello(hello, identity(), versions);
    const from = hello.from as NodeId;
    if (refusal !== undefined) {
      this.#refuse(
        refusal.status === statuses.otherVersion ? 'otherVersion' : 'otherCluster',
        `says that it is node ${from}, and was refused`,
        refusal.reason,
      );
      return;
    }
    if (!isKnownNode(from)) {
      const what = `says that it is node ${from}, which is not registered`;
      this.#refuse('unknownNode', what, undefined, null);
      void lookAgain().then(() => {
        if (!isKnownNode(from)) this.#tell('unknownNode', what);
      });
      return;
    }
    this.#life = hello.life;
    const rival = claims.claim(this, from);
    if (rival !== undefined) {
      const reason = `another repmgrd, at ${rival.address}, says the same`;
      const told = rival.lives ? 'nodeTaken' : null;
      this.#refuse('nodeTaken', `says that it is node ${from}, and was refused`, reason, told);
    } else {
      clearTimeout(this.#deadline);
      this.#from = from;
      this.#answer(statuses.accepted);
    }
  }

  #deliver(from: NodeId, body: string, secret: string): void {
    const read = readMessage(parseJson(body));
    if (read.kind === 'malformed') {
      // The connection stays: what comes next may be in order.
      this.#answer(statuses.malformed);
      this.#tell('malformed', `sent a malformed message`, read.reason);
      return;
    }
    this.#answer(statuses.accepted);
    if (read.kind === 'message') {
      this.#service.onMessage(from, read.message);
      return;
    }
    const secrets = readSecrets(body, { secret, purpose: '/peer', nonce: this.#nonce });
    if (secrets !== undefined) this.#service.onSecrets(secrets);
    else this.#service.log.debug(`node ${from} sent a message of an unknown kind`, { detail: read.name });
  }

  #serveMetadata(from: NodeId, body: string, secret: string): void {
    const request = readMetadataRequest(body);
    if (request === undefined) {
      this.#refuse('malformed', 'sent a malformed request for the metadata');
      return;
    }
    this.#lines.stop();
    const common = { secret, purpose: '/metadata', nonce: this.#nonce } as const;
    void sendMetadata(this.#socket, async () => await this.#service.tellMetadata(from, request), common);
  }

  #serveWal(body: string, secret: string): void {
    const request = readWalRequest(body);
    if (request === undefined) {
      this.#refuse('malformed', 'sent a malformed request for WAL');
      return;
    }
    this.#lines.stop();
    const { signal } = this.#ending;
    const seal = { secret, nonce: this.#nonce, counter: this.#counter - 1 };
    void sendWal(this.#socket, () => this.#service.readWal(request, signal), seal);
  }

  #answer(status: Status, detail = ''): void {
    this.#socket.write(`${status} ${this.#counter - 1}${detail === '' ? '' : ` ${detail}`}\n`);
  }

  /**
   * The connection ends with it: its counters no longer agree.
   * @param told as what it is told of; null: not at all
   */
  #refuse(
    kind: RefusalKind & keyof typeof statuses,
    what: string,
    detail?: string,
    told: RefusalKind | null = kind,
  ): void {
    this.#lines.stop();
    this.#answer(statuses[kind], detail);
    this.#socket.end();
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#socket.destroy(), limits.peerHelloMs);
    if (told !== null) this.#tell(told, what, kind === 'badSignature' ? undefined : detail);
  }

  #tell(kind: RefusalKind, what: string, detail?: string): void {
    this.#service.refusals.tell(kind, this.#who(), `${this.#who()} ${what}`, detail);
  }

  #who(): string {
    return this.#from === undefined ? this.address : `node ${this.#from}`;
  }
}
