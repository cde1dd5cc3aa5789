/** How a command is called. */
import type { Command } from './command.ts';

/** `standby clone`, `explain`. */
export function commandName({ noun, verb }: Pick<Command, 'noun' | 'verb'>): string {
  return [noun, verb].filter((word) => word !== '').join(' ');
}
