/** A connection to whichever node is the primary, kept open, for what is written into the metadata. */
import { failure } from '../errors.ts';
import { limits } from '../limits.ts';
import type { NodeRecord } from '../model/node.ts';
import { connect, type Connection } from '../postgres/connection.ts';
import type { KnownAddresses } from '../postgres/known-addresses.ts';
import { isInRecovery } from '../postgres/queries/server.ts';

export class PrimaryConnection {
  /** Who it is as far as this repmgrd knows; undefined: nobody. */
  readonly #primary: () => NodeRecord | undefined;
  readonly #addresses: KnownAddresses;
  #kept: { readonly conninfo: string; readonly opening: Promise<Connection> } | undefined;

  constructor(primary: () => NodeRecord | undefined, addresses: KnownAddresses) {
    this.#primary = primary;
    this.#addresses = addresses;
  }

  /** @throws RepmgrError of `connect`; primary_not_found where nobody is known, not_a_primary where it is none any more */
  async get(): Promise<Connection> {
    const node = this.#primary();
    if (node === undefined || node.conninfo === '') {
      throw failure('primary_not_found', {
        message: 'no primary is known',
        detail: 'No repmgrd leads, and no node is recorded as the active primary, as far as this one knows.',
        hint: 'See who leads: repmgr daemon status --detail',
      });
    }
    if (this.#kept?.conninfo !== node.conninfo) {
      void this.close();
      const kept = { conninfo: node.conninfo, opening: this.#open(node) };
      this.#kept = kept;
      kept.opening.then(
        (connection) => connection.whenLost(() => this.#forget(kept)),
        () => this.#forget(kept),
      );
    }
    return await this.#kept.opening;
  }

  /** Never throws. */
  async close(): Promise<void> {
    const kept = this.#kept;
    this.#kept = undefined;
    await kept?.opening.then(
      (connection) => connection.close(),
      () => undefined,
    );
  }

  #forget(kept: object): void {
    if (this.#kept === kept) this.#kept = undefined;
  }

  async #open(node: NodeRecord): Promise<Connection> {
    const connection = await connect(this.#addresses.addressed(node.conninfo), {
      deadlineMs: limits.primaryConnectMs,
    });
    if (!(await isInRecovery(connection))) return connection;
    await connection.close();
    throw failure('not_a_primary', {
      message: `node "${node.name}" (ID: ${node.id}) is in recovery`,
      detail: 'It was the primary as far as this node knows.',
      hint: 'See what each node is: repmgr cluster show',
    });
  }
}
