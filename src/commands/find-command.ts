/** Finds the command that noun and verb name. */
import type { Command } from './command.ts';
import { nearest } from './nearest.ts';
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
  const nouns = [...new Set([...allCommands.map(([known]) => known), ...Object.keys(nounAliases)])];
  if (!nouns.includes(noun)) return unknown('command', givenNoun, nouns);
  const verbs = allCommands.filter(([known]) => known === noun).map(([, verb]) => verb);
  if (givenVerb === undefined) {
    return { kind: 'unknown', error: `"${givenNoun}" needs one of: ${verbs.join(', ')}` };
  }
  const verb = givenVerb.toLowerCase();
  const command = commandTable.find((entry) => entry.noun === noun && entry.verb === verb);
  if (command !== undefined) return { kind: 'found', command, operands };
  if (verbs.includes(verb)) return { kind: 'later', name: `${noun} ${verb}` };
  return unknown(`command "${givenNoun}"`, givenVerb, verbs, `${givenNoun} `);
}

const allCommands: readonly (readonly [string, string])[] = [
  ...commandTable.map(({ noun, verb }) => [noun, verb] as const),
  ...commandsOfLaterVersions,
];

function unknown(what: string, word: string, candidates: readonly string[], before = ''): FoundCommand {
  const suggestion = nearest(word, candidates);
  const meant = suggestion === undefined ? '' : `; did you mean "${before}${suggestion}"?`;
  const name =
    what === 'command' ? `unknown command "${word}"` : `unknown ${what.replace(/"$/, '')} ${word}"`;
  return { kind: 'unknown', error: `${name}${meant}` };
}
