/** Loads repmgr.conf: finds it, reads it with the files that it includes, and resolves it. */
import { dirname } from 'node:path';
import { failure, type RepmgrError } from '../errors.ts';
import { quoteForShell } from '../model/shell-word.ts';
import { readWithIncludes } from './includes.ts';
import { type LocatedFile, locateConfiguration, type SearchOptions } from './locate.ts';
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

/**
 * The lines of the file that a configuration came from, with those of the files that it includes.
 * @throws RepmgrError configuration_file_unreadable
 */
export async function readConfigurationLines({ sourceFile }: Config): Promise<readonly SourcedLine[]> {
  if (sourceFile === undefined) return [];
  const search = await locateConfiguration({ file: sourceFile, workingDirectory: dirname(sourceFile) });
  return search.kind === 'found' ? await readWithIncludes(search.file) : [];
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
    detail: 'A file with errors is not used at all, so nothing was done.',
    hint: `Correct the file and check it with: repmgrd --check-config -f ${quoteForShell(path)}`,
  });
}

async function resolveFile(file: LocatedFile, options: LoadOptions): Promise<Resolution> {
  return resolveConfiguration(await readWithIncludes(file), { ...options, sourceFile: file.path });
}
