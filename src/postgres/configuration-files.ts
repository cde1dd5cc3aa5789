/**
 * Which files of a data directory belong to a server's configuration: those that it reads first, and those that they
 * name. See https://www.postgresql.org/docs/current/config-setting.html#CONFIG-INCLUDES
 */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { parseSettingLine } from './settings.ts';

/** Read where nothing else is said. */
const defaultFiles =
  'postgresql.conf postgresql.auto.conf pg_hba.conf pg_ident.conf server.crt server.key root.crt root.crl'.split(
    ' ',
  );

/** Settings that name a file, by a path that begins in the data directory. */
const fileSettings = /^(hba_file|ident_file|krb_server_keyfile|ssl_(ca|cert|crl|dh_params|key)_file)$/;

/** @returns paths of existing files, relative to the data directory; what lies outside of it is left out */
export async function configurationFiles(dataDirectory: string): Promise<readonly string[]> {
  const root = resolve(dataDirectory);
  const found = new Set<string>();
  const waiting = defaultFiles.map((name) => join(root, name));
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    const name = relative(root, path);
    if (found.has(name) || name.startsWith('..')) continue;
    const text = await readFile(path, 'latin1').catch(() => undefined);
    if (text === undefined) continue;
    found.add(name);
    const { files, directories } = namedIn(text);
    const directory = dirname(path);
    for (const file of files) waiting.push(resolve(file.isOfDataDirectory ? root : directory, file.path));
    for (const included of directories) waiting.push(...(await filesIn(resolve(directory, included))));
  }
  return [...found];
}

interface NamedFiles {
  readonly files: readonly { readonly path: string; readonly isOfDataDirectory: boolean }[];
  readonly directories: readonly string[];
}

/** Pure: what postgresql.conf, pg_hba.conf (which knows `@file` too) or pg_ident.conf names. */
export function namedIn(text: string): NamedFiles {
  const files: { path: string; isOfDataDirectory: boolean }[] = [];
  const directories: string[] = [];
  for (const line of text.split('\n')) {
    const setting = parseSettingLine(line);
    const path = setting?.value.replace(/^"(.*)"$/, '$1') ?? '';
    if (setting?.name === 'include_dir') directories.push(path);
    else if (setting?.name === 'include' || setting?.name === 'include_if_exists') {
      files.push({ path, isOfDataDirectory: false });
    } else if (setting !== undefined && fileSettings.test(setting.name)) {
      files.push({ path, isOfDataDirectory: true });
    }
    for (const [, list = ''] of line.replace(/#.*/, '').matchAll(/(?:^|[\s,"])@"?([^\s,"]+)/g)) {
      files.push({ path: list, isOfDataDirectory: false });
    }
  }
  return { files, directories };
}

async function filesIn(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names.filter((name) => name.endsWith('.conf')).map((name) => join(directory, name));
}
