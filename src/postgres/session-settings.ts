/** What each session of ours is set to when it begins. */
import type { Conninfo } from '../model/conninfo.ts';
import type { DriverClient, DriverOptions } from './driver.ts';

/**
 * Metadata must be written though a synchronous standby is gone, and values must arrive in the form that they are
 * read in.
 */
const ours = { synchronous_commit: 'local', client_encoding: 'UTF8', DateStyle: 'ISO' } as const;

/** At the start, so that it costs no round trip; a connection pooler in between may refuse that. */
export type SettingsWay = 'at_start' | 'by_statement';

/** What goes with the startup message. */
export function startupSettings(
  settings: Conninfo,
  way: SettingsWay,
  isReplication: boolean,
): Pick<DriverOptions, 'application_name' | 'options' | 'replication'> {
  const given = settings['options'] ?? '';
  // Ours come last, so that no PGOPTIONS undoes them.
  const wanted = isReplication || way === 'by_statement' ? [] : Object.entries(ours);
  const options = [given, ...wanted.map(([name, value]) => `-c ${name}=${value}`)].join(' ').trim();
  return {
    application_name: applicationName(settings),
    ...(options === '' ? {} : { options }),
    ...(isReplication ? { replication: 'true' } : {}),
  };
}

/** The same once the session is open. */
export async function setByStatement(client: DriverClient): Promise<void> {
  await client.query(
    Object.entries(ours)
      .map(([name, value]) => `SET ${name} TO ${value};`)
      .join(' '),
    [],
  );
}

/** `fallback_application_name` stands back where a name is given by conninfo or PGAPPNAME. */
function applicationName(settings: Conninfo): string {
  const names = [settings['application_name'], settings['fallback_application_name']];
  return names.find((name) => name !== undefined && name !== '') ?? 'repmgr';
}
