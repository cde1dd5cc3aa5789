/**
 * The guard of a primary: a small process beside repmgrd that ends PostgreSQL when repmgrd cannot any more (rule 6). It
 * belongs to one postmaster, outlives repmgrd, and asks the standbys that are attached before it acts.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Instant, MonotonicMs } from '../../failover/instant.ts';
import { limits } from '../../limits.ts';
import type { Logger } from '../../log/logger.ts';
import { findPostmasterAtOnce } from '../../postgres/postmaster.ts';
import { findProcessAtOnce } from '../../system/processes.ts';
import type { ServerPlace } from '../observe/server-place.ts';
import { guardScript } from './guard-script.ts';
import { signal } from './reload.ts';

export interface GuardOptions {
  readonly place: ServerPlace;
  /** Where it notes what it is and what it knows. */
  readonly file: string;
  readonly programDirectory: string | undefined;
  /** How long a yes of the standbys counts: the lease less its margin. */
  readonly contactMs: number;
  /** Time that may be lost unseen by all clocks but that of the wall: half of the margin. */
  readonly bearableLossMs: number;
  /** How psql reaches the server: PGHOST and the like, which no list of processes shows. */
  readonly environment: () => Readonly<Record<string, string | undefined>>;
  /** What the standbys are asked for, as a condition of SQL. */
  readonly condition: () => string;
  readonly now: () => Instant;
  readonly log: Logger;
}

/** What a guard says of itself. */
interface Note {
  readonly pid: number;
  readonly startedAt: string;
  readonly postmasterPid: number;
  readonly postmasterStartedAt: string;
  readonly deadlineMs: number;
  readonly yesMs: number;
  /** How far the wall clock was ahead of the time since the boot; 0: its bash does not know. */
  readonly wallAheadMs: number;
}

export class Guard {
  readonly #options: GuardOptions;
  #child: { readonly process: ChildProcess; readonly postmaster: string } | undefined;
  /** What the child was told to ask for; bash reads a line byte by byte, so it is told only what is new. */
  #toldCondition = '';
  /** One change after the other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /**
   * Until when a guard that lives lets the present server be, by its deadline and its last yes; null too where the
   * machine was stopped since, as the wall clock tells. Reads small files at once, so that it can be asked in the middle
   * of an event. Never throws.
   */
  contactUntil(): MonotonicMs | null {
    const { now, contactMs, bearableLossMs, file, place } = this.#options;
    const note = readNote(file);
    if (note === undefined || !isAlive(note)) return null;
    if (postmasterOf(place.dataDirectory) !== nameOf(note.postmasterPid, note.postmasterStartedAt))
      return null;
    const { monotonicMs, bootTimeMs, wallMs } = now();
    const lostMs = note.wallAheadMs === 0 ? 0 : Math.abs(wallMs - bootTimeMs - note.wallAheadMs);
    if (lostMs > bearableLossMs) return null;
    const until = Math.max(note.deadlineMs, note.yesMs === 0 ? 0 : note.yesMs + contactMs);
    return (until - bootTimeMs + monotonicMs) as MonotonicMs;
  }

  /** Tells it the end of contact; starts one where none of this repmgrd guards this postmaster. */
  async renew(deadline: MonotonicMs): Promise<void> {
    await this.#inTurn(async () => {
      const postmaster = this.#guarded() ?? postmasterOf(this.#options.place.dataDirectory);
      if (postmaster === undefined) return;
      if (this.#child?.postmaster !== postmaster || !isRunning(this.#child.process)) {
        await this.#start(postmaster);
      }
      const stdin = this.#child?.process.stdin;
      // One that does not read hangs; what is newest counts anyway.
      if (stdin === undefined || stdin === null || stdin.writableLength > limits.guardPipeBytes) return;
      const { monotonicMs, bootTimeMs } = this.#options.now();
      const hundredths = Math.floor((deadline - monotonicMs + bootTimeMs) / 10);
      const condition = this.#options.condition();
      stdin.write(`${hundredths}\t${condition === this.#toldCondition ? '' : condition}\n`);
      this.#toldCondition = condition;
    });
  }

  /** The postmaster that it guards already, while that lives: no file of a disk needs to be read for it. */
  #guarded(): string | undefined {
    const [pid = '', startedAt] = this.#child?.postmaster.split(' ') ?? [];
    return startedAt !== undefined && startTimeOf(Number(pid)) === startedAt
      ? this.#child?.postmaster
      : undefined;
  }

  /** Whatever guard there is, of this repmgrd or of one before it. */
  async end(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#endOther(undefined);
      this.#child = undefined;
    });
  }

  /** First its own guard, then the end of an older one: at no moment there is none. */
  async #start(postmaster: string): Promise<void> {
    const { place, file, programDirectory, contactMs, bearableLossMs, environment, log } = this.#options;
    const before = readNote(file);
    const psql = programDirectory === undefined ? 'psql' : join(programDirectory, 'psql');
    const isAutoConf = place.version.capabilities.recoverySettingsIn === 'auto.conf';
    const mark = join(place.dataDirectory, isAutoConf ? 'standby.signal' : 'recovery.conf');
    const [pid = '', startedAt = ''] = postmaster.split(' ');
    const words = [
      place.dataDirectory,
      pid,
      startedAt,
      file,
      psql,
      String(Math.floor(contactMs / 10)),
      mark,
      isAutoConf ? '' : "standby_mode = 'on'\n",
      String(Math.floor(bearableLossMs / 10)),
    ];
    const child = spawn('bash', ['-c', guardScript, 'repmgr-guard', ...words], {
      cwd: '/',
      env: environment(),
      // A session of its own: no signal to repmgrd's reaches it.
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.on('error', (error) => log.warning('the guard cannot be started', { detail: error.message }));
    child.stdin.on('error', () => undefined);
    child.unref();
    this.#child = { process: child, postmaster };
    this.#toldCondition = '';
    await this.#endOther(before, child.pid);
  }

  async #endOther(note: Note | undefined, except?: number): Promise<void> {
    const other = note ?? readNote(this.#options.file);
    if (other !== undefined && other.pid !== except && isAlive(other)) signal(other.pid, 'SIGKILL');
    if (except === undefined) await unlink(this.#options.file).catch(() => undefined);
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    await turn;
  }
}

/** Pure: what a guard has written; undefined where it is just writing, or it is something else. */
export function parseNote(text: string): Note | undefined {
  const words = text.split(/\s+/).filter(Boolean);
  const numbers = words.map(Number);
  const [pid, , postmasterPid, , deadline, yes, wallAhead] = numbers;
  if (words.length !== 7 || numbers.some(Number.isNaN)) return undefined;
  return {
    pid: pid ?? 0,
    startedAt: words[1] ?? '',
    postmasterPid: postmasterPid ?? 0,
    postmasterStartedAt: words[3] ?? '',
    deadlineMs: (deadline ?? 0) * 10,
    yesMs: (yes ?? 0) * 10,
    wallAheadMs: (wallAhead ?? 0) * 10,
  };
}

/** It is written in place, several times a second. */
function readNote(file: string): Note | undefined {
  for (let attempt = 0; attempt < limits.guardNoteReads; attempt++) {
    const text = readIfThere(file);
    if (text === undefined) return undefined;
    const note = parseNote(text);
    if (note !== undefined) return note;
  }
  return undefined;
}

function isAlive({ pid, startedAt }: Note): boolean {
  return startTimeOf(pid) === startedAt;
}

function postmasterOf(dataDirectory: string): string | undefined {
  const { pid, startedAt } = findPostmasterAtOnce(dataDirectory) ?? {};
  return pid === undefined || startedAt === undefined ? undefined : nameOf(pid, startedAt);
}

/** Undefined where the process has ended. */
function startTimeOf(pid: number): string | undefined {
  const found = findProcessAtOnce(pid);
  return found?.state === 'zombie' ? undefined : found?.startedAt;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

function nameOf(pid: number, startedAt: string): string {
  return `${pid} ${startedAt}`;
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}
