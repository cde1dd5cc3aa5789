/** The token of `witness join`: from a file, the command line, the environment or standard input, in this order. */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { type InvitationToken, readToken } from '../api/invitation.ts';
import { failure } from '../errors.ts';
import type { CommandContext } from './command.ts';

const variable = 'REPMGR_TOKEN';
const howTo =
  'Print one on the primary with "repmgr witness invite", and give it by standard input, or by a file: --token-file FILE.';

/** @throws RepmgrError usage, where there is none to read; invitation_unreadable, where it is none */
export async function tokenOf(context: CommandContext): Promise<InvitationToken> {
  const { place, word } = await findToken(context);
  const token = readToken(word);
  if (token !== undefined) return token;
  throw failure('invitation_unreadable', {
    message: `what ${place} has is no token`,
    detail:
      word.trim() === ''
        ? 'It is empty.'
        : 'A token is one word that begins with "repmgr-invitation-"; perhaps its end was cut off.',
    hint: howTo,
  });
}

async function findToken({
  options,
  environment,
}: CommandContext): Promise<{ readonly place: string; readonly word: string }> {
  const { token, tokenFile } = options;
  if (tokenFile !== undefined && tokenFile !== '-') {
    return { place: `the file "${tokenFile}"`, word: await readTokenFile(tokenFile) };
  }
  if (tokenFile === undefined && token !== undefined) {
    hideArguments();
    return { place: '--token', word: token };
  }
  const given = environment[variable];
  if (tokenFile === undefined && given !== undefined) return { place: variable, word: given };
  if (process.stdin.isTTY) {
    throw failure('usage', {
      message: 'witness join needs a token',
      detail: `Neither --token-file, --token nor ${variable} gives one, and standard input is a terminal.`,
      hint: howTo,
    });
  }
  return { place: 'standard input', word: await text(process.stdin) };
}

async function readTokenFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw failure('invitation_unreadable', {
      message: `the file "${file}" with the token cannot be read`,
      detail: `The system says: ${error instanceof Error ? error.message : String(error)}.`,
      hint: 'Name another file, or give the token by standard input.',
      cause: error,
    });
  }
}

/** From here on the list of processes does not show the token any more. */
function hideArguments(): void {
  process.title = 'repmgr witness join';
}
