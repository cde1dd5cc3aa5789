/** Tells of what was refused, each kind of it for each sender once a minute, so that nobody can fill the log. */
import { limits } from '../limits.ts';
import type { Logger } from '../log/logger.ts';

export type RefusalKind =
  | 'malformed'
  | 'badSignature'
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

const hints: Readonly<Record<RefusalKind, string | undefined>> = {
  malformed: 'Compare the versions of repmgrd on both nodes: repmgrd --version.',
  badSignature:
    'The nodes have different secrets: both must read the same metadata; see "repmgr cluster show" on both.',
  unknownNode: 'If it is a node of this cluster, register it: repmgr standby register.',
  replayed: undefined,
  tooLarge: undefined,
  otherCluster: 'Compare "cluster", "node" and "api_advertise" in the repmgr.conf of both nodes.',
  otherVersion: 'Install the same version of repmgrd on all nodes.',
  nodeTaken:
    'Give each node an id ("node") of its own in its repmgr.conf, and register the one that gets a new id.',
  noAuthority: 'Compare api_tls_ca_file of this node with the certificate of the other one.',
  silent: undefined,
};

/** One for a listener, one for the connections to the others. */
export class Refusals {
  readonly #log: Logger;
  readonly #told = new Map<string, Told>();

  constructor(log: Logger) {
    this.#log = log;
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
    this.#log.warning(`${message}${before}`, { detail, hint: hints[kind] });
  }

  /** Senders of which nothing was refused lately are forgotten; where there are too many, the rest counts as one. */
  #isFull(now: number): boolean {
    if (this.#told.size < limits.refusalSenders) return false;
    for (const [key, { at }] of this.#told) if (now - at >= limits.refusalLogMs) this.#told.delete(key);
    return this.#told.size >= limits.refusalSenders;
  }
}
