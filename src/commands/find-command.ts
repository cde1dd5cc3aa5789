/** Finds the command that noun and verb name. */
import { redactConninfo } from '../model/conninfo.ts';
import { nearest } from '../model/nearest.ts';
import type { Command } from './command.ts';
import { commandsOfLaterVersions, commandTable, nounAliases } from './table.ts';
import type { UsageError } from './usage-error.ts';

export type FoundCommand =
  | { readonly kind: 'found'; readonly command: Command; readonly operands: readonly string[] }
  /** A command of repmgr that this version does not have. */
  | { readonly kind: 'later'; readonly name: string; readonly instead: string }
  | { readonly kind: 'unknown'; readonly error: UsageError };

/** Nouns and verbs are told apart from nothing but their letters: `Master REGISTER` is `primary register`. */
export function findCommand(words: readonly string[]): FoundCommand {
  const [givenNoun, givenVerb, ...operands] = words;
  if (givenNoun === undefined) {
    return { kind: 'unknown', error: { message: 'no command was given', detail: nounsInWords } };
  }
  const noun = nounAliases[givenNoun.toLowerCase()] ?? givenNoun.toLowerCase();
  if (!nouns.includes(noun)) return unknown(givenNoun, '', nouns, nounsInWords);
  const whole = commandTable.find((entry) => entry.noun === noun && entry.verb === '');
  if (whole !== undefined) return { kind: 'found', command: whole, operands: words.slice(1) };
  const verbs = commandTable.filter((entry) => entry.noun === noun).map((entry) => entry.verb);
  const later = commandsOfLaterVersions.filter((entry) => entry.noun === noun);
  if (givenVerb === undefined) {
    const message = `"${givenNoun}" needs one of: ${verbs.join(', ')}`;
    return {
      kind: 'unknown',
      error: { message, detail: 'A command is a noun and a verb; a noun alone does nothing.' },
    };
  }
  const verb = givenVerb.toLowerCase();
  const command = commandTable.find((entry) => entry.noun === noun && entry.verb === verb);
  if (command !== undefined) return { kind: 'found', command, operands };
  const known = later.find((entry) => entry.verb === verb);
  if (known !== undefined) return { kind: 'later', name: `${noun} ${verb}`, instead: known.instead };
  const detail = `What follows "${givenNoun}" is one of: ${verbs.join(', ')}.`;
  return unknown(givenVerb, `${givenNoun} `, [...verbs, ...later.map((entry) => entry.verb)], detail);
}

const nouns: readonly string[] = [
  ...new Set([
    ...commandTable.map(({ noun }) => noun),
    ...commandsOfLaterVersions.map(({ noun }) => noun),
    ...Object.keys(nounAliases),
  ]),
];

const nounsInWords = `A command begins with one of: ${[...new Set(commandTable.map(({ noun }) => noun))].join(', ')}.`;

/** `before` is the noun with a blank, where that was understood. */
function unknown(word: string, before: string, candidates: readonly string[], detail: string): FoundCommand {
  const suggestion = nearest(word, candidates);
  const meant = suggestion === undefined ? '' : `; did you mean "${before}${suggestion}"?`;
  const message = `unknown command "${before}${redactConninfo(word)}"${meant}`;
  return { kind: 'unknown', error: { message, detail } };
}
