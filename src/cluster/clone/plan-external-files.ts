/** Where the external configuration files of the source go. Pure. */
import { failure } from '../../errors.ts';
import type { CloneFacts } from './inspect.ts';
import type { Remark } from './remark.ts';
import type { CloneWish } from './wish.ts';

export interface PlannedFile {
  /** Absolute, or below the data directory. */
  readonly path: string;
  readonly content: Buffer;
}

/** @throws RepmgrError clone_target_unusable */
export function planExternalFiles({ sourceHost }: CloneFacts, wish: CloneWish): readonly PlannedFile[] {
  const files = sourceHost?.externalFiles ?? [];
  if (wish.sourceHost.externalFiles === 'pgdata') {
    return files.map(({ name: path, content }) => ({ path, content }));
  }
  const changed = files.filter(({ here }) => here !== 'same');
  for (const { path, here, isWritable } of changed) {
    if (!isWritable) {
      throw failure('clone_target_unusable', {
        message: `"${path}" cannot be written on this host`,
        detail: 'The directory does not allow it to the user that runs repmgr.',
        hint: 'Allow it, or put the files into the data directory: --copy-external-config-files=pgdata',
      });
    }
    if (here === 'different' && !wish.mayReplace) {
      throw failure('clone_target_unusable', {
        message: `"${path}" is there already on this host`,
        detail: 'Its content is not that of the source.',
        hint: 'Add --force to replace it, or leave out --copy-external-config-files to keep it.',
      });
    }
  }
  return changed.map(({ path, content }) => ({ path, content }));
}

export function externalFilesStep(files: readonly PlannedFile[]): string {
  const names = files.map(({ path }) => `"${path}"`).join(', ');
  return files.some(({ path }) => path.startsWith('/'))
    ? `copy configuration files of the source: ${names}`
    : `copy configuration files of the source into the data directory: ${names}`;
}

/** On Debian they name each other, and the data directory, by paths of the source. */
export function remarksOnExternalFiles(files: readonly PlannedFile[]): readonly Remark[] {
  const named = files.filter(({ content }) =>
    /^\s*(?:data_directory|hba_file|ident_file|external_pid_file)\b/m.test(content.toString('latin1')),
  );
  return named.map(({ path }) => ({
    level: 'warning',
    message: `"${path}" names files and directories by their paths on the source`,
    detail: 'It sets data_directory, hba_file, ident_file or external_pid_file.',
    hint: 'Look at these settings before you start the new standby.',
  }));
}
