/** Parameters of event notifications (docs/events.md). */
import type { Parameter } from './parameter.ts';

export const eventParameters = [
  {
    name: 'event_notification_command',
    property: 'eventNotificationCommand',
    kind: 'command',
    hasNamedVariants: true,
    example: '/usr/local/bin/notify %n %e %s "%t" "%d"',
    since: '3.0',
    readBy: ['repmgr', 'repmgrd'],
    isReloadable: true,
    help: 'Command that is run for every event, with %n (node id), %e (event), %s (1 or 0), %t (time), %d (details), %a, %c and %p (name, conninfo and id of the other node) filled in. Further commands: event_notification_command.NAME.',
  },
  {
    name: 'event_notifications',
    property: 'eventNotifications',
    kind: 'list',
    default: '',
    defaultInWords: 'all events',
    hasNamedVariants: true,
    example: 'standby_promote, repmgrd_failover_promote',
    since: '3.0',
    readBy: ['repmgr', 'repmgrd'],
    isReloadable: true,
    help: 'Names of the events that the command is run for, separated by commas; several lines add up. event_notifications.NAME is the list of event_notification_command.NAME.',
  },
] as const satisfies readonly Parameter[];
