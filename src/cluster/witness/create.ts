/** Makes the PostgreSQL of a witness, step by step, and registers it; when a step fails, those before it are undone. */
import { chmod, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { failure, RepmgrError } from '../../errors.ts';
import type { Logger } from '../../log/logger.ts';
import type { Conninfo } from '../../model/conninfo.ts';
import type { Connection } from '../../postgres/connection.ts';
import { runningServerProcess } from '../../postgres/data-directory.ts';
import { minimalHostBasedRules } from '../../postgres/host-based-rules.ts';
import {
  initializeDataDirectory,
  type NewServer,
  runInSingleUserMode,
  usableSocketDirectory,
} from '../../postgres/initdb.ts';
import { applySettings } from '../../postgres/recovery-config.ts';
import { controlServer, type LocalServer } from '../../postgres/server-process.ts';
import { throwIfInterrupted } from '../../system/clock.ts';
import { writeDurably } from '../../system/durable-file.ts';
import { makeDirectories } from '../../system/make-directories.ts';
import { connectToNewServer } from './connect-new-server.ts';
import type { CreationFacts, CreationPlan, CreationStepKind, CreationWish } from './creation-plan.ts';
import { registerWitness } from './register.ts';
import { statementsForRole, type StoredPasswords } from './role-statements.ts';

export interface CreationContext {
  readonly primary: Connection;
  readonly facts: CreationFacts;
  readonly plan: CreationPlan;
  readonly wish: CreationWish;
  readonly server: LocalServer;
  /** Of the witness, with its password where one was asked for. */
  readonly conninfo: Conninfo;
  readonly passwords: StoredPasswords;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

type Undo = () => Promise<void>;

/** @throws RepmgrError of the step that failed, after all was undone as far as that is possible, and said */
export async function createWitness(context: CreationContext): Promise<void> {
  const { plan, log, signal } = context;
  const undos: Undo[] = [];
  // Steps of one kind are one deed, told in several lines.
  for (const kind of new Set(plan.steps.map((step) => step.kind))) {
    const texts = plan.steps.filter((step) => step.kind === kind).map(({ text }) => text);
    try {
      throwIfInterrupted(signal);
      for (const text of texts) log.info(text);
      await actions[kind](context, undos);
    } catch (error) {
      throw failed(error, texts.join('; '), await undo(undos));
    }
  }
}

type Action = (context: CreationContext, undos: Undo[]) => Promise<void>;

const actions: Readonly<Record<CreationStepKind, Action>> = {
  'move aside': async ({ facts }, undos) => {
    const { path } = facts.directory;
    await rename(path, facts.aside);
    undos.push(() => rename(facts.aside, path));
  },
  initdb: async (context, undos) => {
    const { path } = context.facts.directory;
    const made = await makeDirectories(path, 0o700);
    undos.push(() => removeData(path, made));
    await chmod(path, 0o700);
    await initializeDataDirectory(newServer(context), context.signal);
  },
  configure: async (context) => {
    const { facts, wish, passwords, conninfo, signal } = context;
    const { path } = facts.directory;
    const file = join(path, 'postgresql.conf');
    const host = conninfo['host'] ?? '';
    const settings = {
      port: String(wish.port),
      listen_addresses: '*',
      unix_socket_directories: host.startsWith('/')
        ? host
        : await usableSocketDirectory(newServer(context), signal),
    };
    await writeDurably(file, applySettings(await readFile(file, 'utf8'), settings), { mode: 0o600 });
    await writeDurably(join(path, 'pg_hba.conf'), hostBasedRules(facts, wish, passwords), { mode: 0o600 });
  },
  'make role': async (context) => {
    const statements = statementsForRole(context.wish, context.passwords);
    if (statements.length > 0) await runInSingleUserMode(newServer(context), statements, context.signal);
  },
  start: async ({ server, facts, signal }, undos) => {
    undos.push(() => stopIfRunning(server, facts.directory.path));
    await controlServer(server, 'start', { signal });
  },
  register: async ({ primary, facts, wish, conninfo, signal }) => {
    const witness = await connectToNewServer(conninfo, facts.directory.path, signal);
    try {
      await registerWitness({ primary, witness }, facts, wish);
    } finally {
      await witness.close();
    }
  },
};

function newServer({ facts, wish, server }: CreationContext): NewServer {
  return {
    dataDirectory: facts.directory.path,
    programDirectory: server.programDirectory,
    superuser: wish.superuser,
  };
}

function hostBasedRules(
  { hostBasedRules: ofPrimary, primary }: CreationFacts,
  wish: CreationWish,
  { user }: StoredPasswords,
): string {
  const method = user?.startsWith('md5') === true ? 'md5' : 'scram-sha-256';
  return ofPrimary === undefined
    ? `# Made by repmgr, which could not read the rules of the primary.\n${minimalHostBasedRules(wish, method)}`
    : `# Made by repmgr: the rules of the primary, ${primary.place}, when this witness was made.\n${ofPrimary}`;
}

/** Removes what initdb made, and the directories that were made for it. */
async function removeData(path: string, firstMade: string | undefined): Promise<void> {
  for (const name of await readdir(path)) {
    await rm(join(path, name), { recursive: true, force: true, maxRetries: 5 });
  }
  if (firstMade === undefined) return;
  for (let directory = path; directory.startsWith(firstMade); directory = dirname(directory)) {
    await rmdir(directory);
  }
}

async function stopIfRunning(server: LocalServer, dataDirectory: string): Promise<void> {
  if ((await runningServerProcess(dataDirectory)) !== undefined) await controlServer(server, 'stop');
}

/** In reverse order; stops where an undo fails, since those before it build upon it. @returns what remains */
async function undo(undos: Undo[]): Promise<string | undefined> {
  for (const one of undos.toReversed()) {
    try {
      await one();
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
  return undefined;
}

function failed(error: unknown, step: string, remains: string | undefined): unknown {
  const isKnown = error instanceof RepmgrError;
  if (!isKnown && !(error instanceof Error && 'syscall' in error)) return error;
  const undone =
    remains === undefined
      ? 'Everything is as it was before.'
      : `Not all of it could be undone: ${remains}. Look at the data directory before you try again.`;
  if (isKnown && error.code === 'interrupted') {
    return failure('interrupted', {
      message: 'making the witness was interrupted',
      detail: `It was about to ${step}. ${undone}`,
      hint: 'The same command can be run again.',
    });
  }
  return failure(isKnown ? error.code : 'data_directory_unusable', {
    message: error.message,
    detail: [isKnown ? error.detail : undefined, `The step was: ${step}. ${undone}`]
      .filter(Boolean)
      .join('\n'),
    hint: (isKnown ? error.hint : undefined) ?? 'Remove the cause, then run the same command again.',
    cause: error,
    ...(isKnown && error.code === 'server_control_failed' ? { exit: 'badConfiguration' } : {}),
  });
}
