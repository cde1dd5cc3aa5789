/**
 * Every default time-out, bound and number of tries, with its reason. Milliseconds and bytes unless the name says
 * otherwise. What a user may change is a parameter of repmgr.conf; this is what holds where they did not.
 */
export const limits = {
  /** To open one connection where the conninfo has no connect_timeout: a dead host must not block for minutes. */
  connectMs: 10_000,
  /** For one statement on metadata or catalogs; these take milliseconds on a healthy server. */
  queryMs: 30_000,
  /** To close a connection in good order before its socket is destroyed. */
  closeMs: 1_000,
  /** For one event notification command; decided so that a hanging script never delays an operation for long. */
  notificationCommandMs: 10_000,
  /** Between two looks at a condition on a server that has no notification for it. */
  pollMs: 100,
  /** A plain progress line where there is no terminal. */
  progressLineMs: 10_000,
  /** What is kept of the output of a program that we run. */
  commandOutputBytes: 64 * 1024,
} as const;
