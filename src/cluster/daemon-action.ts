/** Commands that repmgrd runs: a repmgr in them does its own part only, and asks no repmgrd. */

/** The variable that repmgrd sets for promote_command and follow_command. */
export const daemonAction = 'REPMGR_DAEMON_ACTION';

export function isOrderedByDaemon(environment: Readonly<Record<string, string | undefined>>): boolean {
  return (environment[daemonAction] ?? '') !== '';
}
