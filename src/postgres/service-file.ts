/**
 * Connection service files: named sets of settings, in the user's file and in the host's.
 * See https://www.postgresql.org/docs/current/libpq-pgservice.html
 */
import { readFile } from 'node:fs/promises';
import { failure } from '../errors.ts';
import type { Conninfo } from '../model/conninfo.ts';
import { isConninfoKeyword } from '../model/conninfo-keywords.ts';

export interface ServiceFile {
  readonly path: string;
  /** Whether the user named it; a file that is only looked for may be missing. */
  readonly mustExist: boolean;
}

/**
 * Looks a service up in the files in turn; the first file that has it is the one.
 * @throws RepmgrError conninfo_invalid where none has it, or a line cannot be understood
 */
export async function readService(service: string, files: readonly ServiceFile[]): Promise<Conninfo> {
  for (const file of files) {
    const text = await readServiceFile(file);
    const settings = text === undefined ? undefined : findService(text, service, file.path);
    if (settings !== undefined) {
      return settings;
    }
  }
  throw failure('conninfo_invalid', {
    message: `definition of service "${service}" not found`,
    detail: `Looked for in ${files.map(({ path }) => `"${path}"`).join(', ')}.`,
    hint: `Add a section [${service}] to one of these files, or set PGSERVICEFILE.`,
  });
}

/**
 * The settings of one section; later sections of the same name are ignored.
 * @returns undefined where there is no such section
 */
export function findService(text: string, service: string, path: string): Conninfo | undefined {
  let found: Record<string, string> | undefined;
  for (const [index, written] of text.split('\n').entries()) {
    const line = written.trim();
    if (line === '' || line.startsWith('#')) {
      continue;
    }
    if (line.startsWith('[')) {
      if (found !== undefined) {
        return found;
      }
      found = line.startsWith(`[${service}]`) ? {} : undefined;
    } else if (found !== undefined) {
      const { keyword, value } = readLine(line, index + 1, path);
      // libpq keeps the first of two.
      found[keyword] ??= value;
    }
  }
  return found;
}

function readLine(line: string, lineNumber: number, path: string): { keyword: string; value: string } {
  const separator = line.indexOf('=');
  const keyword = line.slice(0, Math.max(separator, 0));
  if (keyword === 'service' || keyword === 'servicefile') {
    throw syntaxError(path, lineNumber, 'A service cannot refer to another one.');
  }
  if (separator === -1 || !isConninfoKeyword(keyword)) {
    const problem = separator === -1 ? 'There is no "=".' : `"${keyword}" is no keyword of libpq.`;
    throw syntaxError(path, lineNumber, problem);
  }
  return { keyword, value: line.slice(separator + 1) };
}

function syntaxError(path: string, lineNumber: number, detail: string): Error {
  return failure('conninfo_invalid', {
    message: `syntax error in service file "${path}", line ${lineNumber}`,
    detail,
    hint: 'Write keyword=value, without blanks around the "=".',
  });
}

async function readServiceFile({ path, mustExist }: ServiceFile): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (!mustExist) {
      return undefined;
    }
    throw failure('conninfo_invalid', {
      message: `service file "${path}" cannot be read`,
      detail: error instanceof Error ? `${error.message}.` : undefined,
      hint: 'Correct PGSERVICEFILE (or servicefile in the conninfo), or make the file.',
      cause: error,
    });
  }
}
