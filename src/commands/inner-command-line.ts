/** Command lines within command lines: what follows the node of `sandbox run NODE` is for the repmgr of that node. */

/**
 * Pure. Puts `--` behind NODE, so that options after it are not taken for ours.
 * @param takesNextWord whether an option has the word after it as its value
 */
export function endOptionsAtCommandLine(
  args: readonly string[],
  takesNextWord: (option: string) => boolean,
): readonly string[] {
  const verb = args.findIndex(
    (word, index) => word.toLowerCase() === 'run' && args[index - 1]?.toLowerCase() === 'sandbox',
  );
  if (verb < 0 || args.slice(0, verb).includes('--')) return args;
  let node = verb + 1;
  while (args[node]?.startsWith('-') === true) {
    if (args[node] === '--') return args;
    node += takesNextWord(args[node] ?? '') ? 2 : 1;
  }
  if (node + 1 >= args.length || args[node + 1] === '--') return args;
  return [...args.slice(0, node + 1), '--', ...args.slice(node + 1)];
}
