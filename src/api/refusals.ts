/** Tells of what was refused, each kind of it for each sender once a minute, so that nobody can fill log or metadata. */
import { limits } from '../limits.ts';
import type { Logger, LogLevel } from '../log/logger.ts';

export type RefusalKind =
  | 'malformed'
  | 'badSignature'
  | 'otherSecret'
  | 'unknownNode'
  | 'replayed'
  | 'tooLarge'
  | 'otherCluster'
  | 'otherVersion'
  | 'nodeTaken'
  | 'noAuthority'
  | 'silent';

interface Told {
  at: number;
  more: number;
}

/** What may happen by itself now and then; all else is told as an ERROR, and to whoever wants to know of refusals. */
const harmless: readonly RefusalKind[] = ['silent', 'otherSecret'];

const hints: Readonly<Record<RefusalKind, string | undefined>> = {
  malformed: 'Compare the versions of repmgrd on both nodes: repmgrd --version.',
  badSignature:
    'The nodes have different secrets: both must read the same metadata; see "repmgr cluster show" on both. If it was changed while a witness without PostgreSQL was away: repmgr witness join --force there.',
  otherSecret:
    'While a node still reads the new secret this is in order; else see "repmgr cluster show" on both nodes.',
  unknownNode: 'If it is a node of this cluster, register it: repmgr standby register, or witness join.',
  replayed:
    'See who has access to the network between the nodes: somebody may repeat what the repmgrds say to each other.',
  tooLarge: 'Compare the versions of repmgrd on both nodes: repmgrd --version.',
  otherCluster: 'Compare "cluster", "node" and "api_advertise" in the repmgr.conf of both nodes.',
  otherVersion: 'Install the same version of repmgrd on all nodes.',
  nodeTaken:
    'Give each node an id ("node") of its own in its repmgr.conf, and register the one that gets a new id.',
  noAuthority: 'Compare api_tls_ca_file of this node with the certificate of the other one.',
  silent: undefined,
};

/** What whoever was refused by this kind is told to do. */
export function hintFor(kind: RefusalKind): string | undefined {
  return hints[kind];
}

export class Refusals {
  readonly #log: Logger;
  /** Called with a sentence, each kind once in `limits.refusalEventMs`, whoever it was. */
  readonly #onRefused: (sentence: string) => void;
  readonly #told = new Map<string, Told>();
  readonly #reportedAt = new Map<RefusalKind, number>();

  constructor(log: Logger, onRefused: (sentence: string) => void) {
    this.#log = log;
    this.#onRefused = onRefused;
  }

  /** @param who the sender as it is known: a node, or an address where it has not proved to be one */
  tell(kind: RefusalKind, who: string, message: string, detail?: string): void {
    const now = performance.now();
    const key = `${kind} ${this.#isFull(now) ? 'of others' : who}`;
    const told = this.#told.get(key);
    if (told !== undefined && now - told.at < limits.refusalLogMs) {
      told.more++;
      return;
    }
    this.#told.set(key, { at: now, more: 0 });
    const before = told === undefined || told.more === 0 ? '' : ` (${told.more} more since the last line)`;
    const level: LogLevel = harmless.includes(kind) ? 'WARNING' : 'ERROR';
    this.#log.log(level, `${message}${before}`, { detail, hint: hints[kind] });
    if (level === 'ERROR') this.#report(kind, detail === undefined ? message : `${message}: ${detail}`, now);
  }

  #report(kind: RefusalKind, sentence: string, now: number): void {
    const last = this.#reportedAt.get(kind);
    if (last !== undefined && now - last < limits.refusalEventMs) return;
    this.#reportedAt.set(kind, now);
    this.#onRefused(sentence);
  }

  /** Senders of which nothing was refused lately are forgotten; where there are too many, the rest counts as one. */
  #isFull(now: number): boolean {
    if (this.#told.size < limits.refusalSenders) return false;
    for (const [key, { at }] of this.#told) if (now - at >= limits.refusalLogMs) this.#told.delete(key);
    return this.#told.size >= limits.refusalSenders;
  }
}
