/** What is left of a sandbox: processes that name its directory, as ps shows them. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Command lines of the processes that work in the directory or below it, or have it in their arguments. */
export function processesOf(directory: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        const isInside = readlinkSync(`/proc/${pid}/cwd`).startsWith(directory);
        return isInside || commandLine.includes(directory) ? [`${pid} ${commandLine}`] : [];
      } catch {
        // It ended meanwhile, or belongs to another user.
        return [];
      }
    });
}
