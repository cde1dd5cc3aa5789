/** The guard of a primary: a small process beside repmgrd that ends PostgreSQL when repmgrd cannot any more. */
import type { MonotonicMs } from '../../failover/instant.ts';

export interface Guard {
  /** Until when it lets the server be, by its deadline and its last yes; null where no guard of this server lives. */
  contactUntil(): Promise<MonotonicMs | null>;
  /** Starts it where none lives; `deadline` is the end of contact. */
  renew(deadline: MonotonicMs): Promise<void>;
  end(): Promise<void>;
}
