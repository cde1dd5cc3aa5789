/** Finds out which parameter a name of the file means, or was meant to be. */
import { countEdits } from '../model/edit-distance.ts';
import { findParameter, parameterNames } from './parameters.ts';
import type { Parameter } from './parameters/parameter.ts';

export type NamedParameter =
  /** `variant` is the NAME of `event_notification_command.NAME`. */
  | { readonly kind: 'known'; readonly parameter: Parameter; readonly variant: string | undefined }
  | { readonly kind: 'resembling'; readonly knownName: string }
  | { readonly kind: 'unknown' };

/** Names that were seen in real files and are too far from the right one to be found by counting edits. */
const knownConfusions: Readonly<Record<string, string>> = {
  reconnection_attempts: 'reconnect_attempts',
  reconnection_interval: 'reconnect_interval',
  reconnect_attempt_interval: 'reconnect_interval',
  reconnect_tries: 'reconnect_attempts',
  reconnect_retries: 'reconnect_attempts',
  reconnect_timeout: 'reconnect_interval',
  promote_cmd: 'promote_command',
  follow_cmd: 'follow_command',
  promotion_command: 'promote_command',
  failover_mode: 'failover',
  monitor_interval: 'monitor_interval_secs',
  monitoring_interval: 'monitor_interval_secs',
  monitoring_interval_secs: 'monitor_interval_secs',
  cluster_name: 'cluster',
  nodename: 'node_name',
  name: 'node_name',
  id: 'node',
  conn_info: 'conninfo',
  connection_string: 'conninfo',
  datadir: 'data_directory',
  data_dir: 'data_directory',
  pgdata: 'data_directory',
  pg_bin_dir: 'pg_bindir',
  bindir: 'pg_bindir',
  use_slots: 'use_replication_slots',
  use_replication_slot: 'use_replication_slots',
  event_notification: 'event_notifications',
  event_command: 'event_notification_command',
  tablespace_map: 'tablespace_mapping',
  response_timeout: 'master_response_timeout',
};

/** Looks a name up; upper and lower case differ, as in repmgr. */
export function identifyName(name: string): NamedParameter {
  const exact = findParameter(name);
  if (exact !== undefined) return { kind: 'known', parameter: exact, variant: undefined };
  const [base = '', ...rest] = name.split('.');
  const variant = rest.join('.');
  const parameter = findParameter(base);
  if (parameter?.hasNamedVariants && /^[\w-]+$/.test(variant)) return { kind: 'known', parameter, variant };
  const knownName = (rest.length > 0 ? resemblingVariant(base, variant) : undefined) ?? resemblingName(name);
  return knownName === undefined ? { kind: 'unknown' } : { kind: 'resembling', knownName };
}

function resemblingVariant(base: string, variant: string): string | undefined {
  const knownName = findParameter(base) === undefined ? resemblingName(base) : undefined;
  if (knownName === undefined || !findParameter(knownName)?.hasNamedVariants) return undefined;
  return `${knownName}.${variant}`;
}

function resemblingName(name: string): string | undefined {
  const lowered = name.toLowerCase().replaceAll('-', '_');
  const confusion = Object.hasOwn(knownConfusions, lowered) ? knownConfusions[lowered] : undefined;
  if (confusion !== undefined) return confusion;
  let nearest: string | undefined;
  let fewest = Infinity;
  for (const known of parameterNames()) {
    if (known === lowered) return known;
    const allowed = Math.max(1, Math.floor(known.length / 6));
    if (Math.abs(known.length - name.length) > allowed) continue;
    const edits = countEdits(name, known);
    if (edits <= allowed && edits < fewest) {
      nearest = known;
      fewest = edits;
    }
  }
  return nearest;
}
