/** Asks whoever sits at the terminal for a password, and shows nothing of it. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { failure } from '../errors.ts';

/** Whether there is somebody to ask. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** Asks twice. @throws RepmgrError usage where the two differ or are empty; interrupted */
export async function askNewPassword(what: string, signal: AbortSignal): Promise<string> {
  const password = await ask(`Password for ${what}: `, signal);
  const again = await ask('Once more: ', signal);
  if (password === again && password !== '') return password;
  throw failure('usage', {
    message: password === '' ? 'a password cannot be empty' : 'the two passwords differ',
    detail: 'Nothing was changed.',
    hint: 'Run the same command again.',
  });
}

async function ask(prompt: string, signal: AbortSignal): Promise<string> {
  const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silence, terminal: true });
  // A terminal in raw mode sends no signal for Ctrl-C.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  process.stderr.write(prompt);
  try {
    return await terminal.question('', { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw failure('interrupted', { message: 'the operation was interrupted', cause: error });
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
