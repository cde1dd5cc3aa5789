/** Decides how the PostgreSQL of a witness is made. Pure: facts in, steps in words out. */
import { failure } from '../../errors.ts';
import type { DirectoryInspection } from '../../postgres/data-directory.ts';
import type { InstalledProgram } from '../../postgres/program-version.ts';
import type { RegistrationWish } from '../register/record.ts';
import { planWitnessRegistration, type WitnessFacts } from './registration-plan.ts';

export interface CreationWish extends RegistrationWish {
  readonly superuser: string;
  /** Of the conninfo of the witness. */
  readonly user: string;
  readonly database: string;
  readonly port: number;
  /** How the server will be started, in words. */
  readonly startStep: string;
}

export interface CreationFacts extends WitnessFacts {
  readonly directory: DirectoryInspection;
  /** A name beside the directory that is free, for what --force moves aside. */
  readonly aside: string;
  readonly isPortFree: boolean;
  /** Undefined: not installed. */
  readonly initdb: InstalledProgram | undefined;
  readonly postgres: InstalledProgram | undefined;
  /** Text of the primary's pg_hba.conf; undefined where the role may not see it. */
  readonly hostBasedRules: string | undefined;
  /** Whether the role of the conninfo will have a password on the witness. */
  readonly hasPassword: boolean;
}

export type CreationStepKind = 'move aside' | 'initdb' | 'configure' | 'make role' | 'start' | 'register';

export interface CreationStep {
  readonly kind: CreationStepKind;
  readonly text: string;
}

export interface CreationPlan {
  readonly steps: readonly CreationStep[];
  readonly warnings: readonly { readonly message: string; readonly hint: string }[];
}

/**
 * @throws RepmgrError of the registration's plan; command_missing, data_directory_unusable, port_in_use or
 *   witness_unsuitable
 */
export function planWitnessCreation(facts: CreationFacts, wish: CreationWish): CreationPlan {
  const registration = planWitnessRegistration(facts, wish);
  const { initdb } = facts;
  if (initdb === undefined) throw programMissing('initdb');
  if (facts.postgres === undefined) throw programMissing('postgres');
  const isReplaced = refuseUsedDirectory(facts.directory, facts.aside, wish);
  refuseUsedPort(facts, wish);
  refuseClosedServer(facts, wish);
  const { path } = facts.directory;
  const isFromPrimary = facts.hostBasedRules !== undefined;
  const rules = isFromPrimary
    ? `as on the primary, ${facts.primary.place}`
    : `role "${wish.user}" may come into database "${wish.database}" with its password, nobody else`;
  const step = (kind: CreationStepKind, text: string): CreationStep => ({ kind, text });
  return {
    warnings: isFromPrimary ? [] : [rulesUnknown(wish)],
    steps: [
      ...(isReplaced ? [step('move aside', `move what is in "${path}" to "${facts.aside}"`)] : []),
      step(
        'initdb',
        `make a PostgreSQL ${initdb.version.major} in "${path}", with superuser "${wish.superuser}"`,
      ),
      step('configure', `set port ${wish.port} and listen_addresses '*'; pg_hba.conf: ${rules}`),
      step('make role', `make role "${wish.user}" and database "${wish.database}"`),
      step('start', `start the server: ${wish.startStep}`),
      ...registration.steps.map((text) => step('register', text)),
    ],
  };
}

function programMissing(name: string): Error {
  return failure('command_missing', {
    message: `${name} is not installed here, or not found`,
    detail: 'A witness needs a PostgreSQL of its own.',
    hint: 'Install the server of PostgreSQL, and name the directory of its programs with pg_bindir in repmgr.conf or --pg_bindir.',
  });
}

/** @returns whether something has to be moved aside */
function refuseUsedDirectory(
  { path, content, isOwnedByUs, isWritable }: DirectoryInspection,
  aside: string,
  { force }: CreationWish,
): boolean {
  const unusable = (message: string, detail: string, hint: string): Error =>
    failure('data_directory_unusable', { message: `the data directory "${path}" ${message}`, detail, hint });
  const another = 'Name another directory with -D.';
  switch (content.kind) {
    case 'not a directory':
      throw unusable('is not a directory', 'It is a file.', another);
    case 'unreadable':
      throw unusable('cannot be read', content.reason, 'Run repmgr as the user that owns it.');
    case 'foreign':
      throw unusable(
        'is not empty',
        `It holds "${content.example}". Not even --force replaces that.`,
        another,
      );
    case 'tablespace':
      throw unusable('is not empty', 'It holds a tablespace. Not even --force replaces that.', another);
    case 'postgresql':
      if (content.serverProcessId !== undefined) {
        throw unusable(
          'is in use',
          `A PostgreSQL server with process id ${content.serverProcessId} runs in it.`,
          another,
        );
      }
      if (force) return true;
      throw unusable(
        'holds a PostgreSQL already',
        `Its version is ${content.majorVersion ?? 'not known'}.`,
        `Add --force to move it aside, to "${aside}", or use it: start it, then "repmgr witness register".`,
      );
    case 'absent':
    case 'empty':
      if (isWritable && (isOwnedByUs || content.kind === 'absent')) return false;
      throw unusable(
        'cannot be used',
        content.kind === 'absent' ? 'Its parent directory is not writable.' : 'It belongs to another user.',
        'Run repmgr as the user that is to own the server; give it the directory with: chown',
      );
  }
}

function refuseUsedPort({ isPortFree }: CreationFacts, { port }: CreationWish): void {
  if (isPortFree) return;
  throw failure('port_in_use', {
    message: `port ${port} is in use`,
    detail:
      'Another program of this host listens on it; "conninfo" in repmgr.conf says that it is the one of the witness.',
    hint: `See who it is: ss -ltnp 'sport = :${port}'; or set another port in "conninfo". A PostgreSQL that is there is made a witness with "repmgr witness register".`,
  });
}

/** Rules that we make ourselves want a password, as they let others come in from anywhere. */
function refuseClosedServer({ hostBasedRules, hasPassword }: CreationFacts, { user }: CreationWish): void {
  if (hostBasedRules !== undefined || hasPassword) return;
  throw failure('witness_unsuitable', {
    message: 'nobody could connect to the new server',
    detail: `The role may not read pg_hba.conf of the primary, so the witness will want a password, and none is known for "${user}".`,
    hint: 'Put a password for the witness into ~/.pgpass or PGPASSWORD, or add --pwprompt; or let the role read the rules, as a superuser on the primary: GRANT EXECUTE ON FUNCTION pg_hba_file_rules() and GRANT SELECT ON pg_hba_file_rules to it.',
  });
}

function rulesUnknown({ user }: CreationWish): CreationPlan['warnings'][number] {
  return {
    message:
      'the rules of pg_hba.conf on the primary cannot be read with this role; the witness gets minimal ones',
    hint: `Every node needs the password of "${user}" for the witness then, in ~/.pgpass; adapt pg_hba.conf of the witness as you like.`,
  };
}
