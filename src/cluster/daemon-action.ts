/** How repmgr learns that repmgrd runs it: promote_command and follow_command are command lines of repmgr, mostly. */

/** The environment variable that is set while repmgrd waits for such a command; what is not its part repmgrd does. */
export const daemonAction = 'REPMGR_DAEMON_ACTION';
