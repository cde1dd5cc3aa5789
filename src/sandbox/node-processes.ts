/** All processes of a node at once: its server, its repmgrd, the guard; or those of the server alone. */
import { signalProcesses } from '../system/processes.ts';
import { findCompanions } from './repmgrd.ts';
import type { SandboxNode } from './place.ts';
import { findFamily, freezeServer, killServer } from './server-process.ts';

/** Those beside the server first: whoever is left would start it again. */
export async function killNode(node: SandboxNode, what: 'node' | 'server'): Promise<void> {
  if (what === 'node') await killCompanions(node);
  await killServer(node);
}

export async function killCompanions(node: SandboxNode): Promise<void> {
  signalProcesses(await findCompanions(node), 'SIGKILL');
}

export async function freezeNode(node: SandboxNode, what: 'node' | 'server'): Promise<void> {
  if (what === 'node') signalProcesses(await findCompanions(node), 'SIGSTOP');
  await freezeServer(node);
}

/** All at the same moment, as a machine wakes up. */
export async function thawNode(node: SandboxNode): Promise<void> {
  const frozen = [...(await findFamily(node)), ...(await findCompanions(node))];
  signalProcesses(frozen, 'SIGCONT');
}
