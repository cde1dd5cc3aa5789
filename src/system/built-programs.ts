/** Where the built programs of repmgr are, whether this runs from them or from the source. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { failure } from '../errors.ts';

/** The directory of repmgr.js: ours, when this runs from the built files; `dist` beside `src`, when from the source. */
export function builtProgramDirectory(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    for (const candidate of [directory, join(directory, 'dist')]) {
      if (existsSync(join(candidate, 'repmgr.js'))) return candidate;
    }
    if (directory === dirname(directory)) break;
    directory = dirname(directory);
  }
  throw failure('command_missing', {
    message: 'the built programs of repmgr are missing',
    detail: `There is no repmgr.js above ${fileURLToPath(import.meta.url)}.`,
    hint: 'Build them: npm run build',
  });
}
