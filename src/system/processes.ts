/** The processes of this machine, from /proc where there is one (Linux), else from ps. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { failure } from '../errors.ts';
import { limits } from '../limits.ts';
import { runCommand } from './command.ts';

export interface RunningProcess {
  readonly pid: number;
  readonly parentPid: number;
  /** Of the program, without directory. */
  readonly name: string;
  /** `stopped` by SIGSTOP; a `zombie` has ended, and holds nothing but its number. */
  readonly state: 'running' | 'stopped' | 'zombie';
  /** By which a later process with this number is told from it: clock ticks since the boot. Undefined where ps told of it. */
  readonly startedAt: string | undefined;
}

const hasProc = existsSync('/proc/self/stat');

/** @throws RepmgrError command_missing or command_failed, where there is neither /proc nor ps */
export async function listProcesses(): Promise<readonly RunningProcess[]> {
  if (!hasProc) return await listWithPs(['-ax']);
  const names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return names.map(readStat).filter((process) => process !== undefined);
}

/** @returns undefined where no process has this number @throws as listProcesses() */
export async function findProcess(pid: number): Promise<RunningProcess | undefined> {
  return hasProc ? readStat(String(pid)) : (await listWithPs(['-p', String(pid)]))[0];
}

/** The same without waiting for anything; undefined too where the kernel does not tell by files. */
export function findProcessAtOnce(pid: number): RunningProcess | undefined {
  return hasProc ? readStat(String(pid)) : undefined;
}

/** Its children, without waiting for anything; undefined where the kernel does not tell by files. Linux only. */
export function childrenAtOnce(pid: number): readonly number[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.trim().split(/\s+/).map(Number).filter(Boolean);
  } catch {
    return undefined;
  }
}

/** How often it has given the processor up to wait for something; undefined where the kernel does not tell. Linux only. */
export function timesSlept(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    const count = /^voluntary_ctxt_switches:\s*(\d+)$/m.exec(text)?.[1];
    return count === undefined ? undefined : Number(count);
  } catch {
    return undefined;
  }
}

/** Pure: a process, its children, their children and so on, as far as they have not ended. */
export function withDescendants(pid: number, all: readonly RunningProcess[]): readonly RunningProcess[] {
  const alive = all.filter(({ state }) => state !== 'zombie');
  const family = alive.filter((process) => process.pid === pid);
  for (const member of family) family.push(...alive.filter(({ parentPid }) => parentPid === member.pid));
  return family;
}

/** Pure: `PID (NAME) STATE PPID ...`, where NAME may hold anything, and the start is field 22; see proc(5). */
export function parseStat(text: string): RunningProcess | undefined {
  const [, pid, name = '', state, parentPid, startedAt] =
    /^(\d+) \((.*)\) (\S) (\d+)(?:(?: \S+){17} (\d+))?/s.exec(text) ?? [];
  if (state === undefined) return undefined;
  return { pid: Number(pid), parentPid: Number(parentPid), name, state: stateOf(state), startedAt };
}

/** Pure: one line of `ps -o pid=,ppid=,stat=,comm=`; some systems give the whole path of the program. */
export function parsePsLine(line: string): RunningProcess | undefined {
  const [, pid, parentPid, state, name = ''] =
    /^\s*(\d+)\s+(\d+)\s+(\S)\S*\s+(?:.*\/)?(.*?)\s*$/.exec(line) ?? [];
  if (state === undefined) return undefined;
  return {
    pid: Number(pid),
    parentPid: Number(parentPid),
    name,
    state: stateOf(state),
    startedAt: undefined,
  };
}

/** Signals processes; one that has ended meanwhile is no error. */
export function signalProcesses(processes: readonly RunningProcess[], signal: NodeJS.Signals): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}

/** At once: the kernel has it in memory, in a tenth of the time that a thread of its own would take to ask for it. */
function readStat(pid: string): RunningProcess | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

async function listWithPs(selection: readonly string[]): Promise<readonly RunningProcess[]> {
  const lines: string[] = [];
  const { stderr } = await runCommand('ps', [...selection, '-o', 'pid=,ppid=,stat=,comm='], {
    deadlineMs: limits.processListMs,
    onStdoutLine: (line) => lines.push(line),
  });
  if (stderr.trim() !== '') {
    throw failure('command_failed', {
      message: 'the processes of this machine cannot be listed',
      detail: `ps says: ${stderr.trim()}.`,
      hint: 'Run "ps -ax -o pid=,ppid=,stat=,comm=" and repair what it complains about.',
    });
  }
  return lines.map(parsePsLine).filter((process) => process !== undefined);
}

/** Both tell `T` for stopped (`t`: by a debugger), `Z` and `X` for ended. */
function stateOf(letter: string): RunningProcess['state'] {
  if (letter === 'T' || letter === 't') return 'stopped';
  return letter === 'Z' || letter === 'X' ? 'zombie' : 'running';
}
