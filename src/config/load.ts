/** Loads repmgr.conf: finds it, reads it with the files that it includes, and resolves it. */
import { dirname, resolve } from 'node:path';
import { failure, RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import { quoteForShell } from '../model/shell-word.ts';
import {
  listConfigurationFiles,
  type LocatedFile,
  locateConfiguration,
  readIfPresent,
  type SearchOptions,
} from './locate.ts';
import { type ParsedInclude, parseConfiguration } from './parse.ts';
import {
  type Config,
  type Finding,
  type Resolution,
  type ResolveOptions,
  resolveConfiguration,
  type SourcedLine,
} from './resolve.ts';

export interface LoadOptions
  extends Omit<SearchOptions, 'workingDirectory'>,
    Omit<ResolveOptions, 'sourceFile' | 'environment'> {
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface LoadedConfiguration {
  /** Undefined where no file was given and none was found. */
  readonly config: Config | undefined;
  /** Each message names the file and its line. */
  readonly warnings: readonly Finding[];
  /** The places that were looked at, for `--verbose`. */
  readonly searched: readonly string[];
}

export type CheckedConfiguration =
  | (Resolution & { readonly path: string })
  | { readonly kind: 'not-found'; readonly searched: readonly string[] };

/**
 * Finds repmgr.conf (`-f`, `./repmgr.conf`, `/etc/repmgr.conf`, SYSCONFDIR) and gives its values; see
 * docs/configuration.md.
 * @throws RepmgrError configuration_file_unreadable, or configuration_invalid with one line for each error of the file
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfiguration> {
  const search = await locateConfiguration(options);
  if (search.kind === 'not-found') return { config: undefined, warnings: [], searched: search.searched };
  const resolution = await resolveFile(search.file, options);
  if (resolution.kind === 'invalid') throw configurationInvalid(search.file.path, resolution.errors);
  const warnings = resolution.warnings.map((warning) => inFile(search.file.path, warning));
  return { config: resolution.config, warnings, searched: search.searched };
}

/**
 * As `loadConfig`, but what is wrong with the file is the result: for `--check-config`.
 * @throws RepmgrError configuration_file_unreadable
 */
export async function checkConfiguration(options: LoadOptions): Promise<CheckedConfiguration> {
  const search = await locateConfiguration(options);
  if (search.kind === 'not-found') return search;
  return { ...(await resolveFile(search.file, options)), path: search.file.path };
}

/** The error of a command that needs repmgr.conf where none was found. */
export function noConfigurationFound(searched: readonly string[]): RepmgrError {
  return failure('configuration_file_unreadable', {
    message: 'no configuration file was found',
    detail: `Looked for ${searched.join(', ')}.`,
    hint: 'Name the file with -f FILE; repmgr.conf.sample is a template.',
  });
}

/** One finding as a line of text: `line 3: ...`, with the name of an included file where it stands in one. */
export function describeFinding(finding: Finding): string {
  const line = finding.line === undefined ? '' : `line ${finding.line}`;
  const place = finding.file === undefined ? line : `${finding.file} ${line}`;
  return place === '' ? finding.message : `${place}: ${finding.message}`;
}

function inFile(path: string, finding: Finding): Finding {
  return { ...finding, message: `configuration file "${path}", ${describeFinding(finding)}` };
}

function configurationInvalid(path: string, errors: readonly Finding[]): RepmgrError {
  const count = errors.length === 1 ? 'an error' : `${errors.length} errors`;
  return failure('configuration_invalid', {
    message: [`configuration file "${path}" has ${count}:`, ...errors.map(describeFinding)].join('\n'),
    hint: `Correct the file and check it with: repmgrd --check-config -f ${quoteForShell(path)}`,
  });
}

async function resolveFile(file: LocatedFile, options: LoadOptions): Promise<Resolution> {
  const lines = await expandIncludes(file, undefined, 0);
  return resolveConfiguration(lines, { ...options, sourceFile: file.path });
}

/** Puts the lines of included files where their directive stands, as PostgreSQL does. */
async function expandIncludes(
  file: LocatedFile,
  shownAs: string | undefined,
  depth: number,
): Promise<SourcedLine[]> {
  const lines: SourcedLine[] = [];
  for (const line of parseConfiguration(file.text)) {
    if (line.kind !== 'include') lines.push({ ...line, file: shownAs });
    else lines.push(...(await readInclude(line, file.path, shownAs, depth)));
  }
  return lines;
}

async function readInclude(
  include: ParsedInclude,
  from: string,
  shownAs: string | undefined,
  depth: number,
): Promise<SourcedLine[]> {
  const problem = (message: string): SourcedLine[] => [
    { kind: 'error', line: include.line, file: shownAs, message },
  ];
  if (depth >= limits.configurationIncludeDepth) {
    return problem(`${include.directive}: files include each other more than ${depth} deep`);
  }
  const target = resolve(dirname(from), include.path);
  try {
    const paths = include.directive === 'include_dir' ? await listConfigurationFiles(target) : [target];
    const included: SourcedLine[] = [];
    for (const path of paths) {
      const text = await readIfPresent(path);
      if (text !== undefined) included.push(...(await expandIncludes({ path, text }, path, depth + 1)));
      else if (include.directive === 'include') return problem(`include: "${path}" does not exist`);
    }
    return included;
  } catch (error) {
    if (!(error instanceof RepmgrError)) throw error;
    return problem(`${include.directive}: ${error.message}; ${error.detail}`);
  }
}
