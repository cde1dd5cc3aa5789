/** Which command lines of repmgr.conf repmgrd does by itself. */
import { expect, it } from 'vitest';
import { runsOwnCommand } from '../../src/cluster/own-line.ts';

it.each([
  'repmgr standby promote -f /etc/repmgr.conf',
  '/usr/bin/repmgr -f /etc/repmgr.conf standby promote --log-to-file',
  '/usr/pgsql/bin/repmgr standby promote -f /etc/repmgr.conf >> /var/log/repmgr.log 2>&1',
])('it knows its own command in: %s', (line) => {
  expect(runsOwnCommand(line, 'standby promote')).toBe(true);
});

it.each([
  '/usr/local/bin/promote.sh',
  'repmgr standby promote -f /etc/repmgr.conf && /usr/local/bin/move-address.sh',
  'repmgr standby promote -f /etc/repmgr.conf; true',
  'repmgr standby promote -f "$(find-config)"',
  'sh -c "repmgr standby promote"',
  'repmgr standby follow -f /etc/repmgr.conf',
  'notrepmgr standby promote',
])('what does more, or something else, is run as it stands: %s', (line) => {
  expect(runsOwnCommand(line, 'standby promote')).toBe(false);
});
