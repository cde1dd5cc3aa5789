/** Asks whoever sits at the terminal for passwords, and shows nothing of them. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { failure, type RepmgrError } from '../errors.ts';
import { throwIfInterrupted } from './clock.ts';

/** Whether there is somebody to ask. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/**
 * Asks for a new password of each owner, twice.
 * @param owners such as `the role "repmgr"`
 * @throws RepmgrError usage where the two differ, one is empty, or the terminal is closed; interrupted
 */
export async function askNewPasswords(owners: readonly string[], signal: AbortSignal): Promise<string[]> {
  const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silence, terminal: true, signal });
  // A terminal in raw mode sends no signal for Ctrl-C.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const lines = terminal[Symbol.asyncIterator]();
  const ask = async (prompt: string): Promise<string> => {
    process.stderr.write(prompt);
    const line = await lines.next();
    process.stderr.write('\n');
    throwIfInterrupted(signal);
    if (line.done === true) throw unusable('no password was given');
    return line.value;
  };
  try {
    const passwords: string[] = [];
    for (const owner of owners) {
      const password = await ask(`Password for ${owner}: `);
      if (password === '') throw unusable('a password cannot be empty');
      if (password !== (await ask('Once more: '))) throw unusable('the two passwords differ');
      passwords.push(password);
    }
    return passwords;
  } finally {
    terminal.close();
  }
}

function unusable(message: string): RepmgrError {
  return failure('usage', {
    message,
    detail: 'Nothing was changed.',
    hint: 'Run the same command again.',
  });
}
