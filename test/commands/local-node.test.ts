import { expect, it } from 'vitest';
import type { CommandContext } from '../../src/commands/command.ts';
import { connectLocally } from '../../src/commands/local-node.ts';

const contextOf = (conninfo: string) =>
  ({ config: { conninfo }, signal: new AbortController().signal }) as unknown as CommandContext;

it('says of a server that is down what the command wants, and of a host without an address to correct it', async () => {
  const down = connectLocally(contextOf('host=127.0.0.1 port=1'), 'Start the standby.');
  await expect(down).rejects.toMatchObject({ code: 'connection_failed', hint: 'Start the standby.' });
  const nowhere = connectLocally(
    contextOf('host=no-such-host.invalid connect_timeout=2'),
    'Start the standby.',
  );
  await expect(nowhere).rejects.toMatchObject({
    message: 'the local server cannot be reached',
    hint: expect.stringContaining('getent hosts no-such-host.invalid'),
  });
});
