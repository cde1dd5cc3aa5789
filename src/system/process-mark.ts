/** A name for this very process, by which a later one can tell whether it still runs, also after a restart of the host. */
import { readFileSync } from 'node:fs';

/** Process id and start, such as `1234-5678901`; the start is 0 where the system has no /proc. */
export function processMark(): string {
  return `${process.pid}-${lookUp(process.pid)?.start ?? '0'}`;
}

/** Whether the process of the mark runs; another one with the same id does not count, nor does a zombie. */
export function isMarkAlive(mark: string): boolean {
  const [id = '', start] = mark.split('-');
  if (!/^[1-9]\d*$/.test(id)) return false;
  try {
    process.kill(Number(id), 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const found = lookUp(Number(id));
  return found === undefined || (found.start === start && found.state !== 'Z');
}

/** Fields 3 and 22 of /proc/PID/stat (proc(5)): state, and clock ticks from the start of the host to its own. */
function lookUp(processId: number): { readonly state: string; readonly start: string } | undefined {
  try {
    const text = readFileSync(`/proc/${processId}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', start: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}
