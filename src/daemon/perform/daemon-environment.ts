/** What commands of the user's are told: that it is repmgrd that runs them, so that repmgr in them asks nobody. */

/** Set while repmgrd waits for the command: a `repmgr` in it does its work itself. */
export const daemonAction = 'REPMGR_DAEMON_ACTION';

export function daemonEnvironment(
  action: 'promote' | 'follow',
): Readonly<Record<string, string | undefined>> {
  return { ...process.env, [daemonAction]: action };
}
