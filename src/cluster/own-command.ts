/** Command lines of repmgr for HINTs: with the configuration file in use, ready to be copied. */
import type { Config } from '../config/resolve.ts';
import { quoteForShell } from '../system/shell.ts';

/** @param words noun, verb and options, already fit for a shell */
export function ownCommand({ sourceFile }: Config, words: string): string {
  return sourceFile === undefined ? `repmgr ${words}` : `repmgr -f ${quoteForShell(sourceFile)} ${words}`;
}
