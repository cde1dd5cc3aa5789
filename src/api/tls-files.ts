/** Certificate files of repmgr.conf, read when a listener or a connection is opened. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  /** What the certificates of the other nodes must be signed by. */
  readonly authority: string;
}
