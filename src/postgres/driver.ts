/**
 * The door to `pg`, and the parts of it that its published types leave out. It is loaded at the first connection:
 * a command that needs none starts 30 ms sooner.
 */
import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { Client } from 'pg';

/** What `pg` throws for an ErrorResponse of the server; see https://www.postgresql.org/docs/current/protocol-error-fields.html */
export interface ServerError extends Error {
  readonly severity: string;
  /** SQLSTATE. */
  readonly code: string;
  readonly detail?: string;
  readonly hint?: string;
}

/** The protocol layer; emits each message of the server by name (`copyOutResponse`, `parameterStatus`, ...). */
export interface DriverConnection extends EventEmitter {
  readonly stream: Socket;
  query(sql: string): void;
}

/** What `pg` runs in place of a query of its own, and tells about each message that answers it. */
export interface Submittable {
  submit(connection: DriverConnection): Error | null;
  handleRowDescription(message: { readonly fields: readonly { readonly name: string }[] }): void;
  handleDataRow(message: { readonly fields: readonly (string | null)[] }): void;
  handleCopyData(message: { readonly chunk: Buffer }): void;
  handleCommandComplete(): void;
  handleEmptyQuery(): void;
  handlePortalSuspended(): void;
  handleCopyInResponse(): void;
  handleError(error: Error): void;
  handleReadyForQuery(): void;
}

export interface DriverResult {
  readonly rows: readonly unknown[];
}

export interface DriverClient extends EventEmitter {
  readonly connection: DriverConnection;
  /** What a cancel request must carry. */
  readonly processID: number | null;
  readonly secretKey: number | Buffer | null;
  connect(): Promise<unknown>;
  query(sql: string, parameters: readonly unknown[]): Promise<DriverResult | readonly DriverResult[]>;
  query(command: Submittable): Submittable;
  end(): Promise<void>;
}

export interface DriverOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** Asked for only when the server wants a password. */
  readonly password: () => Promise<string>;
  readonly application_name: string;
  readonly options?: string;
  readonly replication?: 'true';
  readonly ssl: false;
  readonly sslnegotiation: 'postgres';
  readonly enableChannelBinding: boolean;
  /** A socket that is connected, and encrypted where it has to be. */
  readonly stream: Socket;
}

/** Loads `pg`, once; it takes some 25 ms. */
export async function loadDriver(): Promise<typeof Client> {
  hideUndici();
  // All of `pg` takes longer, and NODE_PG_FORCE_NATIVE makes another driver of it.
  return (await import('pg/lib/client')).default;
}

/** Makes a client that is not connected yet. */
export async function createClient(options: DriverOptions): Promise<DriverClient> {
  const Client = (await loadDriver()) as unknown as new (options: DriverOptions) => DriverClient;
  return new Client(options);
}

/** Whether an error is one that the server sent, not one of the network or of `pg`. */
export function isServerError(error: unknown): error is ServerError {
  return error instanceof Error && 'severity' in error && 'code' in error && typeof error.code === 'string';
}

/**
 * `pg` looks for another platform than Node by its global objects. Without `navigator` (Node 20) it makes a
 * `Response`, which loads all of undici: 40 ms and 4 MB.
 */
function hideUndici(): void {
  if (!('navigator' in globalThis)) {
    Object.defineProperty(globalThis, 'navigator', {
      value: { userAgent: `Node.js/${process.versions.node.split('.')[0]}` },
      configurable: true,
      enumerable: true,
      writable: true,
    });
  }
}
