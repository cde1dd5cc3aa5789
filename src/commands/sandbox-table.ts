/** The part of the command table that is about the sandbox. */
import type { Command } from './command.ts';

const sandboxFacts = { needsConfig: false, readsConfig: false, worksAsRoot: true } as const;
const sandboxNode = { name: 'NODE', isRequired: true } as const;

export const sandboxCommands: readonly Command[] = [
  {
    ...sandboxFacts,
    noun: 'sandbox',
    verb: 'start',
    operand: { name: 'NODE', isRequired: false },
    summary: 'start a cluster to try things out with, or one node of it',
    description:
      'Starts a primary and standbys on the loopback interface, made by the commands of repmgr itself. Servers are fetched once where the machine has none. With NODE, starts this node of the cluster again.',
    examples: [
      { line: 'repmgr sandbox start', about: 'a primary and two standbys' },
      { line: 'repmgr sandbox start --with-repmgrd', about: 'one that fails over by itself' },
      { line: 'repmgr sandbox start --nodes=5 --postgres-version=17', about: 'larger, of a given version' },
      { line: 'repmgr sandbox start 2', about: 'node 2 again, after it was killed' },
    ],
    options: ['nodes', 'postgresVersion', 'withRepmgrd', 'directory'],
    load: () => import('./sandbox-start.ts'),
  },
  {
    ...sandboxFacts,
    noun: 'sandbox',
    verb: 'status',
    summary: 'say what each server of the sandbox does',
    description: 'One line for each node, with its role in words.',
    examples: [{ line: 'repmgr sandbox status', about: 'the sandbox of the usual directory' }],
    options: ['directory'],
    load: () => import('./sandbox-status.ts'),
  },
  {
    ...sandboxFacts,
    noun: 'sandbox',
    verb: 'run',
    operand: { name: 'NODE COMMAND...', isRequired: true, hasCommandLine: true },
    summary: 'run a command of repmgr on a node of the sandbox',
    description:
      'Runs repmgr with the repmgr.conf of the node, as the user of its server. Everything after NODE is for that repmgr; the exit code is its own.',
    examples: [
      { line: 'repmgr sandbox run 1 cluster show', about: 'what repmgr says of the cluster' },
      { line: 'repmgr sandbox run 2 standby promote --dry-run', about: 'could node 2 become the primary?' },
    ],
    options: ['directory'],
    load: () => import('./sandbox-run.ts'),
  },
  {
    ...sandboxFacts,
    noun: 'sandbox',
    verb: 'stop',
    summary: 'stop all servers of the sandbox, and their repmgrds',
    description: 'Data and configuration stay; start them again with: repmgr sandbox start',
    examples: [{ line: 'repmgr sandbox stop', about: 'stop them in good order' }],
    options: ['directory'],
    load: () => import('./sandbox-stop.ts'),
  },
  {
    ...sandboxFacts,
    noun: 'sandbox',
    verb: 'destroy',
    summary: 'stop and remove the sandbox',
    description: 'Removes the data of all its servers, without a question.',
    examples: [{ line: 'repmgr sandbox destroy', about: 'leave nothing behind' }],
    options: ['directory'],
    load: () => import('./sandbox-destroy.ts'),
  },
  {
    ...sandboxFacts,
    noun: 'sandbox',
    verb: 'kill',
    operand: sandboxNode,
    summary: 'kill a node of the sandbox, as a crash does',
    description: 'All processes of the node, its server and its repmgrd, get SIGKILL at once.',
    examples: [
      { line: 'repmgr sandbox kill 1', about: 'what happens when the host of the primary dies?' },
      { line: 'repmgr sandbox kill 1 --server-only', about: 'and when only PostgreSQL crashes?' },
    ],
    options: ['serverOnly', 'directory'],
    load: () => import('./sandbox-kill.ts'),
  },
  {
    ...sandboxFacts,
    noun: 'sandbox',
    verb: 'freeze',
    operand: sandboxNode,
    summary: 'stop a node of the sandbox from answering',
    description: 'Its processes get SIGSTOP: they accept connections and never answer.',
    examples: [{ line: 'repmgr sandbox freeze 1', about: 'a host that hangs' }],
    options: ['serverOnly', 'directory'],
    load: () => import('./sandbox-freeze.ts'),
  },
  {
    ...sandboxFacts,
    noun: 'sandbox',
    verb: 'thaw',
    operand: sandboxNode,
    summary: 'let a frozen node of the sandbox go on',
    description: 'Its processes get SIGCONT.',
    examples: [{ line: 'repmgr sandbox thaw 1', about: 'the host is back' }],
    options: ['directory'],
    load: () => import('./sandbox-thaw.ts'),
  },
];
