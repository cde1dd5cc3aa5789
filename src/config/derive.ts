/** Values that follow from several parameters: defaults that depend on others, and groups read together. */
import { parseConninfo } from '../model/conninfo.ts';
import type { ConfigValues, DerivedValues, EventNotificationCommand } from './config.ts';
import type { Settings } from './settings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the file has errors the values may be nonsense, but they are there. */
export function deriveValues(
  values: ConfigValues,
  settings: Settings,
  environment: Environment,
): DerivedValues {
  const { primaryLeaseMs } = values;
  const apiListen = values.apiListen ?? defaultApiAddress(values.conninfo ?? '', environment);
  return {
    nodeName: values.nodeName ?? `node${values.nodeId}`,
    conninfo: values.conninfo ?? '',
    eventNotificationCommands: notificationCommands(values, settings),
    ...barman(values),
    pgbouncerAdminConninfos: [
      ...(values.pgbouncerAdminConninfo === undefined ? [] : [values.pgbouncerAdminConninfo]),
      ...settings.textVariants('pgbouncer_admin_conninfo').map(([, conninfo]) => conninfo),
    ],
    apiListen,
    apiAdvertise: values.apiAdvertise ?? apiListen,
    heartbeatIntervalMs: values.heartbeatIntervalMs ?? Math.min(500, primaryLeaseMs / 10),
    fenceMarginMs: values.fenceMarginMs ?? 500 + primaryLeaseMs * 0.05,
    commitHoldMs: values.commitHoldMs ?? Math.min(1500, primaryLeaseMs * 0.3),
    safeStart: values.safeStart ?? values.failover === 'automatic',
    shutdownGraceMs: Math.max(values.shutdownGraceMs, values.reconnectAttempts * values.reconnectIntervalMs),
    repmgrdStandbyStartupTimeoutMs: values.repmgrdStandbyStartupTimeoutMs ?? values.standbyReconnectTimeoutMs,
  };
}

function notificationCommands(values: ConfigValues, settings: Settings): readonly EventNotificationCommand[] {
  const filters = new Map(settings.listVariants('event_notifications'));
  const named = settings.textVariants('event_notification_command').map(([name, command]) => ({
    name,
    command,
    events: filters.get(name) ?? [],
  }));
  const unnamed = values.eventNotificationCommand;
  if (unnamed === undefined) return named;
  return [{ name: undefined, command: unnamed, events: values.eventNotifications }, ...named];
}

/** repmgr 3 called the host `barman_server` and used the cluster name in Barman. */
function barman(values: ConfigValues): Pick<DerivedValues, 'barmanHost' | 'barmanServer'> {
  if (values.barmanHost !== undefined)
    return { barmanHost: values.barmanHost, barmanServer: values.barmanServer };
  if (values.barmanServer === undefined) return { barmanHost: undefined, barmanServer: undefined };
  return { barmanHost: values.barmanServer, barmanServer: values.clusterName };
}

const apiPortDistance = 10_000;
const highestPort = 65_535;

/** The host that conninfo names (the first of several) and its port, moved by 10000. */
export function defaultApiAddress(conninfo: string, environment: Environment): string {
  const parsed = parseConninfo(conninfo);
  const keywords = parsed.kind === 'parsed' ? parsed.conninfo : {};
  const host = firstOf(keywords['host'] ?? keywords['hostaddr'] ?? environment['PGHOST']);
  const port = Number(firstOf(keywords['port'] ?? environment['PGPORT']) || '5432');
  const isSocket = host === '' || host.startsWith('/') || host.startsWith('@');
  const listenHost = isSocket ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  const distance = port + apiPortDistance > highestPort ? -apiPortDistance : apiPortDistance;
  return `${listenHost}:${port + distance}`;
}

function firstOf(list: string | undefined): string {
  return list?.split(',')[0] ?? '';
}
