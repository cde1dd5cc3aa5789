/** Whether the directories of a clone may be filled. Pure. */
import { failure, type RepmgrError } from '../../errors.ts';
import type { DirectoryContent, DirectoryInspection } from '../../postgres/data-directory.ts';
import type { CloneFacts } from './inspect.ts';
import type { DirectoryFacts } from './target.ts';
import type { CloneWish } from './wish.ts';

/** @throws RepmgrError clone_target_unusable or system_identifier_differs, the first reason */
export function refuseUnusableTarget(facts: CloneFacts, wish: CloneWish): void {
  const { directory } = facts.target;
  refuseUnusableDirectory(facts.target, 'data directory');
  if (directory.content.kind === 'postgresql') refuseUsedDirectory(facts, directory.content, wish);
  else if (!isFree(directory.content)) throw foreign(directory, 'data directory');
  for (const [location, tablespace] of facts.tablespaceTargets) {
    const isOwn = facts.target.ownTablespaces.includes(tablespace.directory.path);
    const what = `directory for the tablespace in "${location}" of the source`;
    refuseUnusableFurtherDirectory(tablespace, what, isOwn && wish.mayReplace);
  }
  if (facts.walDirectory !== undefined) {
    const isOwn = facts.target.ownWalDirectory === facts.walDirectory.directory.path;
    refuseUnusableFurtherDirectory(facts.walDirectory, 'directory for WAL', isOwn && wish.mayReplace);
  }
  refuseSharedDirectories(facts);
}

/** Beside the data directory; with content only where that belongs to the node which is replaced. */
function refuseUnusableFurtherDirectory(facts: DirectoryFacts, what: string, mayReplace: boolean): void {
  refuseUnusableDirectory(facts, what);
  if (!isFree(facts.directory.content) && !mayReplace) throw foreign(facts.directory, what);
}

function refuseSharedDirectories({ target, tablespaceTargets, walDirectory }: CloneFacts): void {
  const all = [target, ...tablespaceTargets.values(), ...(walDirectory === undefined ? [] : [walDirectory])];
  const paths = all.map(({ directory }) => directory.path);
  const shared = paths.find((path, index) => paths.indexOf(path) !== index);
  if (shared === undefined) return;
  throw failure('clone_options_contradict', {
    message: `"${shared}" would have to hold two directories of the clone`,
    detail: 'The data directory, each tablespace and WAL need directories of their own.',
    hint: 'Give each tablespace a directory of its own with tablespace_mapping in repmgr.conf.',
  });
}

function isFree(content: DirectoryContent): boolean {
  return content.kind === 'absent' || content.kind === 'empty';
}

/** What no `--force` allows, whatever lies there. */
export function refuseUnusableDirectory({ directory, interrupted }: DirectoryFacts, what: string): void {
  const { path, content } = directory;
  if (interrupted?.isRunning === true) {
    throw unusable(
      `another clone is being made in the ${what} "${path}"`,
      'The process that makes it is still running.',
      'Wait until it is done, or end it with Ctrl-C.',
    );
  }
  if (content.kind === 'not a directory') {
    throw unusable(
      `the ${what} "${path}" is not a directory`,
      'It is a file, or a part of its path is one.',
      'Name another directory, or move the file away.',
    );
  }
  if (content.kind === 'unreadable') {
    throw unusable(`the ${what} "${path}" cannot be read`, content.reason, `Look at it: ls -ld "${path}"`);
  }
  const ourUid = process.getuid?.() ?? 0;
  if (content.kind !== 'absent' && !directory.isOwnedByUs) {
    throw unusable(
      `the ${what} "${path}" belongs to another user`,
      `Its owner has the user id ${directory.ownerUid}, this program runs with ${ourUid}. PostgreSQL starts only in a directory of its own user.`,
      `Run repmgr as the user of the server, or as root: chown ${ourUid} "${path}"`,
    );
  }
  if (!directory.isWritable) {
    throw unusable(
      `the ${what} "${path}" cannot be written`,
      content.kind === 'absent'
        ? 'It does not exist, and its parent directory does not allow to make it.'
        : 'Its permissions do not allow it.',
      content.kind === 'absent'
        ? `Make it as root: install -d -m 700 -o ${ourUid} "${path}"`
        : `Allow it: chmod 700 "${path}"`,
    );
  }
}

function refuseUsedDirectory(
  { target, source }: CloneFacts,
  content: Extract<DirectoryContent, { readonly kind: 'postgresql' }>,
  wish: CloneWish,
): void {
  const { path } = target.directory;
  if (content.serverProcessId !== undefined) {
    throw unusable(
      `a PostgreSQL server is running in the data directory "${path}"`,
      `Its process id is ${content.serverProcessId}.`,
      `Is it the right directory? Then stop the server first: pg_ctl -D "${path}" stop`,
    );
  }
  const systemIdentifier = source.replication.identity?.systemIdentifier;
  if (content.systemIdentifier !== undefined && content.systemIdentifier !== systemIdentifier) {
    throw failure('system_identifier_differs', {
      message: `the data directory "${path}" holds another PostgreSQL cluster`,
      detail: `Its system identifier is ${content.systemIdentifier}, that of the source is ${systemIdentifier}. Not even --force replaces it.`,
      hint: `If nobody needs it, move it away and clone again: ${moveAway(path)}`,
    });
  }
  if (wish.mayReplace) return;
  throw unusable(
    `the data directory "${path}" is not empty`,
    target.interrupted === undefined
      ? 'It holds a copy of this cluster.'
      : 'A clone with --force was interrupted in it; what it should replace is still aside.',
    'Add --force to replace it; what is there is kept aside until the clone is done.',
  );
}

function foreign({ path, content }: DirectoryInspection, what: string): RepmgrError {
  const found =
    content.kind === 'foreign'
      ? `It holds "${content.example}", which no clone has put there.`
      : content.kind === 'tablespace'
        ? 'It holds a tablespace of PostgreSQL.'
        : 'It holds a PostgreSQL data directory.';
  return unusable(
    `the ${what} "${path}" is not empty`,
    `${found} Not even --force replaces that.`,
    `Name another directory, or move it away: ${moveAway(path)}`,
  );
}

function moveAway(path: string): string {
  return `mv "${path}" "${path}.old"`;
}

function unusable(message: string, detail: string, hint: string): RepmgrError {
  return failure('clone_target_unusable', { message, detail, hint });
}
