/** Finds the command that noun and verb name. */
import { redactConninfo } from '../model/conninfo.ts';
import { nearest } from '../model/nearest.ts';
import type { Command } from './command.ts';
import { commandsOfLaterVersions, commandTable, nounAliases } from './table.ts';

export type FoundCommand =
  | { readonly kind: 'found'; readonly command: Command; readonly operands: readonly string[] }
  /** A command of repmgr that this version does not have. */
  | { readonly kind: 'later'; readonly name: string }
  | { readonly kind: 'unknown'; readonly error: string };

/** Nouns and verbs are told apart from nothing but their letters: `Master REGISTER` is `primary register`. */
export function findCommand(words: readonly string[]): FoundCommand {
  const [givenNoun, givenVerb, ...operands] = words;
  if (givenNoun === undefined) return { kind: 'unknown', error: 'no command was given' };
  const noun = nounAliases[givenNoun.toLowerCase()] ?? givenNoun.toLowerCase();
  if (!nouns.includes(noun)) return unknown(givenNoun, '', nouns);
  const whole = commandTable.find((entry) => entry.noun === noun && entry.verb === '');
  if (whole !== undefined) return { kind: 'found', command: whole, operands: words.slice(1) };
  const verbs = commandTable.filter((entry) => entry.noun === noun).map((entry) => entry.verb);
  const laterVerbs = commandsOfLaterVersions.filter(([known]) => known === noun).map(([, verb]) => verb);
  if (givenVerb === undefined) {
    if (verbs.length === 0) return { kind: 'later', name: noun };
    return { kind: 'unknown', error: `"${givenNoun}" needs one of: ${verbs.join(', ')}` };
  }
  const verb = givenVerb.toLowerCase();
  const command = commandTable.find((entry) => entry.noun === noun && entry.verb === verb);
  if (command !== undefined) return { kind: 'found', command, operands };
  if (laterVerbs.includes(verb)) return { kind: 'later', name: `${noun} ${verb}` };
  return unknown(givenVerb, `${givenNoun} `, [...verbs, ...laterVerbs]);
}

const nouns: readonly string[] = [
  ...new Set([
    ...commandTable.map(({ noun }) => noun),
    ...commandsOfLaterVersions.map(([noun]) => noun),
    ...Object.keys(nounAliases),
  ]),
];

/** `before` is the noun with a blank, where that was understood. */
function unknown(word: string, before: string, candidates: readonly string[]): FoundCommand {
  const suggestion = nearest(word, candidates);
  const meant = suggestion === undefined ? '' : `; did you mean "${before}${suggestion}"?`;
  return { kind: 'unknown', error: `unknown command "${before}${redactConninfo(word)}"${meant}` };
}
