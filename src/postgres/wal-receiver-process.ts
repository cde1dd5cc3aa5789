/** The WAL receiver as a process: SQL does not show one that is still connecting. Linux only. */
import { readFile } from 'node:fs/promises';
import { childrenAtOnce, listProcesses } from '../system/processes.ts';

/**
 * Process ids of the WAL receivers of a postmaster; more than one only while one ends and the next begins.
 * @throws the system's error where /proc does not tell
 */
export async function walReceiversOf(postmasterPid: number): Promise<readonly number[]> {
  return (await titledChildren(postmasterPid)).flatMap(({ pid, title }) =>
    isWalReceiverTitle(title) ? [pid] : [],
  );
}

/** Whether one of them is connected, and streams. @throws as `walReceiversOf` */
export async function hasStreamingReceiver(postmasterPid: number): Promise<boolean> {
  const children = await titledChildren(postmasterPid);
  return children.some(
    ({ title }) => isWalReceiverTitle(title) && / streaming [0-9A-F]+\/[0-9A-F]+$/.test(title),
  );
}

/** Pure: `postgres: walreceiver streaming 0/3000148`, up to 10 `postgres: wal receiver process`; cluster_name may precede. */
export function isWalReceiverTitle(title: string): boolean {
  return /^postgres: (?:.*: )?wal ?receiver(?: |$)/.test(title);
}

async function titledChildren(
  pid: number,
): Promise<readonly { readonly pid: number; readonly title: string }[]> {
  const children = await childrenOf(pid);
  return await Promise.all(children.map(async (child) => ({ pid: child, title: await readTitle(child) })));
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const children = childrenAtOnce(pid);
  if (children !== undefined) return children;
  const all = await listProcesses();
  return all
    .filter(({ parentPid, state }) => parentPid === pid && state !== 'zombie')
    .map((child) => child.pid);
}

async function readTitle(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text.replaceAll('\0', ' ').trim();
}
