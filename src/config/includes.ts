/** Puts the lines of included files where their directive stands, as PostgreSQL does. */
import { dirname, resolve } from 'node:path';
import { failure, RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import { quoteForShell } from '../model/shell-word.ts';
import { listConfigurationFiles, type LocatedFile, readIfPresent } from './locate.ts';
import { type ParsedInclude, parseConfiguration } from './parse.ts';
import type { SourcedLine } from './resolve.ts';

/** One reading of a file with all that it includes. */
interface Reading {
  readonly main: LocatedFile;
  includedFiles: number;
}

/** The file that holds a directive: `shownAs` is undefined for the main one. */
interface Includer extends LocatedFile {
  readonly shownAs: string | undefined;
  /** The files that led here, this one last. */
  readonly trail: readonly string[];
}

/**
 * Gives the lines of a file and of what it includes. An include that cannot be read is a line with an error.
 * @throws RepmgrError configuration_file_unreadable where far too many files are included
 */
export async function readWithIncludes(main: LocatedFile): Promise<readonly SourcedLine[]> {
  return await expand({ ...main, shownAs: undefined, trail: [main.path] }, { main, includedFiles: 0 });
}

async function expand(file: Includer, reading: Reading): Promise<readonly SourcedLine[]> {
  const lines: SourcedLine[] = [];
  for (const line of parseConfiguration(file.text)) {
    if (line.kind !== 'include') lines.push({ ...line, file: file.shownAs });
    else lines.push(...(await readInclude(line, file, reading)));
  }
  return lines;
}

async function readInclude(
  include: ParsedInclude,
  from: Includer,
  reading: Reading,
): Promise<readonly SourcedLine[]> {
  const { directive, line } = include;
  const problem = (message: string): SourcedLine => ({ kind: 'error', line, file: from.shownAs, message });
  const target = resolve(dirname(from.path), include.path);
  const paths = await attempt(async () =>
    directive === 'include_dir' ? await listConfigurationFiles(target) : [target],
  );
  if (typeof paths === 'string') return [problem(`${directive}: ${paths}`)];
  const lines: SourcedLine[] = [];
  for (const path of paths) {
    if (from.trail.includes(path)) {
      lines.push(problem(`${directive}: "${path}" includes itself`));
      continue;
    }
    reading.includedFiles += 1;
    if (reading.includedFiles > limits.configurationIncludedFiles) throw tooManyFiles(reading.main.path);
    const text = await attempt(async () => ({ text: await readIfPresent(path) }));
    if (typeof text === 'string') lines.push(problem(`${directive}: ${text}`));
    else if (text.text !== undefined) {
      const trail = [...from.trail, path];
      lines.push(...(await expand({ path, text: text.text, shownAs: path, trail }, reading)));
    } else if (directive === 'include') lines.push(problem(`include: "${path}" does not exist`));
  }
  return lines;
}

/** What the work gives, or what it says in words where a file cannot be read. */
async function attempt<Result>(work: () => Promise<Result>): Promise<Result | string> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RepmgrError) return `${error.message}; ${error.detail}`;
    throw error;
  }
}

function tooManyFiles(path: string): RepmgrError {
  return failure('configuration_file_unreadable', {
    message: `configuration file "${path}" includes too many files`,
    detail: `More than ${limits.configurationIncludedFiles} are not read; do they include each other?`,
    hint: `Look for them with: grep -n include ${quoteForShell(path)}`,
  });
}
