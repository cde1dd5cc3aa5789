import { failure } from '../errors.ts';
import type { CommandContext } from './command.ts';

export async function run(_context: CommandContext): Promise<void> {
  throw failure('not_built_yet', { message: 'this command does not exist yet' });
}
