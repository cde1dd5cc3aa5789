/** What OpenSSH writes where no real server can be made to: the texts are those of OpenSSH 9.2. */
import { expect, it } from 'vitest';
import { sshFailure } from '../../src/system/ssh-failure.ts';

it.each([
  ['ssh: connect to host node2 port 22: Connection refused', 'ssh_unreachable'],
  ['ssh: connect to host node2 port 22: No route to host', 'ssh_unreachable'],
  ['Connection timed out during banner exchange\nConnection to node2 port 22 timed out', 'ssh_unreachable'],
  ['ssh: Could not resolve hostname node2: Name or service not known', 'ssh_unreachable'],
  ['kex_exchange_identification: Connection closed by remote host', 'ssh_unreachable'],
  ['postgres@node2: Permission denied (publickey).', 'ssh_login_refused'],
  ['Received disconnect from node2: Too many authentication failures', 'ssh_login_refused'],
  ['Unable to negotiate with node2 port 22: no matching host key type found.', 'ssh_failed'],
  ['', 'ssh_failed'],
])('%j', (stderr, code) => {
  const error = sshFailure({ host: 'node2' }, { stderr });
  expect(error).toMatchObject({ code, exitCode: 12 });
  expect(error.message).toContain('"node2"');
  expect(error.detail).not.toBe('');
  expect(error.hint).toMatch(/ssh(-copy-id)? node2\b/);
});

it('a log-in that only takes keys is not said to ask for a password', () => {
  const byKey = sshFailure({ host: 'a', user: 'u' }, { stderr: 'u@a: Permission denied (publickey).' });
  expect(byKey.message).toBe('host "a" refused to let us log in by SSH');
  expect(byKey.hint).toMatch(/ssh-copy-id u@a$/);
  const stderr = 'u@a: Permission denied (publickey,keyboard-interactive).';
  expect(sshFailure({ host: 'a', user: 'u' }, { stderr }).message).toMatch(/asks for a password/);
});
