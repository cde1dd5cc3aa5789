/** Checks of parameters against each other. */
import { eventNames } from '../model/event-names.ts';
import { nearest } from '../model/nearest.ts';
import type { ConfigValues, DerivedValues, Finding } from './config.ts';
import type { Settings } from './settings.ts';

interface Findings {
  readonly errors: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** Finds values that contradict each other; each finding names all parameters it is about. */
export function checkTogether(values: ConfigValues, derived: DerivedValues, settings: Settings): Findings {
  const errors: Finding[] = [];
  const warnings: Finding[] = [];
  const report = (findings: Finding[], names: readonly string[], message: string): void => {
    const origin = names.map((name) => settings.origin(name)).find((candidate) => candidate !== undefined);
    findings.push({ file: origin?.file, line: origin?.line, message });
  };
  for (const [names, message] of contradictions(values, derived, settings)) report(errors, names, message);
  for (const [names, message] of doubts(values, settings)) report(warnings, names, message);
  return { errors, warnings };
}

/** The parameters concerned (the first that the file sets gives the line) and what is wrong. */
type Complaint = readonly [names: readonly string[], message: string];

function contradictions(
  values: ConfigValues,
  derived: DerivedValues,
  settings: Settings,
): readonly Complaint[] {
  return [
    ...checkLease(values, derived),
    ...checkThresholds(values),
    ...checkBackupApi(settings),
    ...checkApiCertificates(settings),
    ...checkNamedFilters(settings),
    ...(values.upstreamNodeId !== undefined && values.upstreamNodeId === values.nodeId
      ? ([[['upstream_node'], `upstream_node and node are both ${values.nodeId}`]] as const)
      : []),
    ...(settings.has('barman_host') && !settings.has('barman_server')
      ? ([[['barman_host'], 'barman_host needs barman_server, the name of this cluster in Barman']] as const)
      : []),
  ];
}

function checkLease(values: ConfigValues, derived: DerivedValues): readonly Complaint[] {
  const lease = values.primaryLeaseMs;
  const { heartbeatIntervalMs: heartbeat, fenceMarginMs: margin, commitHoldMs: hold } = derived;
  const leastMargin = 500 + lease * 0.03;
  const complaints: Complaint[] = [];
  if (margin < leastMargin) {
    const message = `fence_margin_secs (${secs(margin)}) must be at least ${secs(leastMargin)} for a primary_lease_secs of ${secs(lease)}`;
    complaints.push([['fence_margin_secs', 'primary_lease_secs'], message]);
  }
  const isInOrder = hold === 0 ? heartbeat < lease - margin : heartbeat < hold && hold < lease - margin;
  if (!isInOrder) {
    const names = ['heartbeat_interval_secs', 'commit_hold_secs', 'primary_lease_secs', 'fence_margin_secs'];
    const message =
      `heartbeat_interval_secs (${secs(heartbeat)}) < commit_hold_secs (${hold === 0 ? 'off' : secs(hold)}) < ` +
      `primary_lease_secs (${secs(lease)}) - fence_margin_secs (${secs(margin)}) must hold`;
    complaints.push([names, message]);
  }
  return complaints;
}

function secs(milliseconds: number): string {
  return `${Number((milliseconds / 1000).toFixed(3))} s`;
}

function checkThresholds(values: ConfigValues): readonly Complaint[] {
  const complaints: Complaint[] = [];
  if (values.archiveReadyWarning >= values.archiveReadyCritical) {
    complaints.push([
      ['archive_ready_warning', 'archive_ready_critical'],
      `archive_ready_warning (${values.archiveReadyWarning}) must be less than archive_ready_critical (${values.archiveReadyCritical})`,
    ]);
  }
  if (values.replicationLagWarningMs >= values.replicationLagCriticalMs) {
    complaints.push([
      ['replication_lag_warning', 'replication_lag_critical'],
      `replication_lag_warning (${secs(values.replicationLagWarningMs)}) must be less than replication_lag_critical (${secs(values.replicationLagCriticalMs)})`,
    ]);
  }
  return complaints;
}

function checkBackupApi(settings: Settings): readonly Complaint[] {
  if (!settings.has('pg_backupapi_host')) return [];
  return ['pg_backupapi_node_name', 'pg_backupapi_backup_id', 'pg_backupapi_remote_ssh_command']
    .filter((name) => !settings.has(name))
    .map((name) => [['pg_backupapi_host'], `pg_backupapi_host needs ${name}`] as const);
}

function checkApiCertificates(settings: Settings): readonly Complaint[] {
  const names = ['api_tls_cert_file', 'api_tls_key_file', 'api_tls_ca_file'];
  const missing = names.filter((name) => !settings.has(name));
  if (missing.length === 0 || missing.length === names.length) return [];
  return [[names, `${names.join(', ')} belong together; ${missing.join(' and ')} is missing`]];
}

function checkNamedFilters(settings: Settings): readonly Complaint[] {
  return settings
    .listVariants('event_notifications')
    .filter(([name]) => !settings.has(`event_notification_command.${name}`))
    .map(([name]) => [
      [`event_notifications.${name}`],
      `event_notifications.${name} has no event_notification_command.${name}`,
    ]);
}

function doubts(values: ConfigValues, settings: Settings): readonly Complaint[] {
  const complaints: Complaint[] = [];
  if (!settings.has('node_name') && settings.has('node')) {
    complaints.push([['node'], `"node_name" is missing; "node${values.nodeId}" is used`]);
  }
  if (values.nodeName !== undefined && !/^[ -~]*$/.test(values.nodeName)) {
    const shown = 'PostgreSQL shows other characters than printable ASCII as "?" in application_name';
    complaints.push([
      ['node_name'],
      `node_name "${values.nodeName}" cannot be recognised by others: ${shown}`,
    ]);
  }
  complaints.push(...checkEventNames(values, settings));
  if (values.standbyReconnectTimeoutMs < values.nodeRejoinTimeoutMs) {
    complaints.push([
      ['standby_reconnect_timeout', 'node_rejoin_timeout'],
      `standby_reconnect_timeout (${secs(values.standbyReconnectTimeoutMs)}) is less than node_rejoin_timeout (${secs(values.nodeRejoinTimeoutMs)})`,
    ]);
  }
  return complaints;
}

/** Any name is allowed, as in repmgr 3; but the command would never be run for it. */
function checkEventNames(values: ConfigValues, settings: Settings): readonly Complaint[] {
  const filters = [
    ['event_notifications', values.eventNotifications] as const,
    ...settings
      .listVariants('event_notifications')
      .map(([name, events]) => [`event_notifications.${name}`, events] as const),
  ];
  return filters.flatMap(([parameter, events]) =>
    events
      .filter((event) => !eventNames.includes(event))
      .map((event): Complaint => {
        const meant = nearest(event, eventNames);
        const remedy = meant === undefined ? 'for all events leave it out' : `did you mean "${meant}"?`;
        return [[parameter], `${parameter}: there is no event "${event}"; ${remedy}`];
      }),
  );
}
