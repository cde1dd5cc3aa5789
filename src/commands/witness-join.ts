/** `repmgr witness join`: makes this machine a witness without PostgreSQL, by a token of the primary. docs/witness.md */
import type { AdmissionRefusal } from '../api/admission.ts';
import { askForAdmission } from '../api/admission-client.ts';
import { tlsFilesOf } from '../api/certificates.ts';
import type { InvitationToken } from '../api/invitation.ts';
import { readFacts } from '../cluster/cluster-facts.ts';
import { ownCommand } from '../cluster/own-command.ts';
import { makeStateDirectory } from '../cluster/state-directory.ts';
import { stateFilePath, writeStateFile } from '../cluster/state-file.ts';
import type { Config } from '../config/resolve.ts';
import { type ErrorCode, errorCatalogue, failure, type RepmgrError } from '../errors.ts';
import { renderSteps } from '../render/steps.ts';
import { renderJson } from '../render/json.ts';
import type { CommandContext } from './command.ts';
import { localViewIfAny } from './local-daemon.ts';
import { checkedNodeId, requireConfig } from './local-node.ts';
import { formerState, refuseOtherSystem } from './witness-state.ts';
import { tokenOf } from './witness-token.ts';

/** Exit code 6 where the repmgrd that gave the token cannot be reached, 1 for anything refused. */
export async function run(context: CommandContext): Promise<void> {
  const { options, log, signal } = context;
  const config = requireConfig(context);
  refuseServer(config);
  const force = options.force === true;
  const self = checkedNodeId(config.nodeId, 'node');
  const owner = { stateDirectory: config.stateDirectory, clusterName: config.clusterName, self };
  await refuseRunning(context);
  const former = await formerState(owner, config, force);
  const token = await tokenOf(context);
  refuseOtherCluster(token, config);
  const path = stateFilePath(owner);
  refuseOtherSystem(former, token.systemIdentifier, path);
  const isDryRun = options.dryRun === true;
  if (!isDryRun) await makeStateDirectory(config);
  const steps = [
    `have the repmgrd at ${token.address} register node "${config.nodeName}" (ID: ${self}) as a witness without PostgreSQL, its repmgrd at ${config.apiAdvertise}`,
    `write the state file "${path}"`,
  ];
  if (!isDryRun) for (const step of steps) log.info(step);
  const { nodeName: name, apiAdvertise: address, priority } = config;
  const request = { node: self, name, address, priority, force, isDryRun };
  const answer = await askForAdmission({ token, request, tls: tlsFilesOf(config), signal });
  if (answer.kind === 'possible') {
    context.print(renderSteps(steps, { isJson: options.json === true }));
    return;
  }
  if (answer.kind !== 'admitted') throw refusalError(answer, token);
  const facts = readFacts(answer.facts);
  if (facts === undefined) throw notWritten(config, path, 'What the primary tells makes no sense here.');
  try {
    await writeStateFile(owner, { facts, durable: former?.durable ?? null, invitations: [] });
  } catch (error) {
    throw notWritten(config, path, error instanceof Error ? error.message : String(error));
  }
  const nodes = facts.nodes.length;
  if (options.json === true) {
    context.print(renderJson({ cluster: config.clusterName, node: self, nodes, stateFile: path }));
  }
  log.notice(`node "${name}" (ID: ${self}) is a witness of cluster "${config.clusterName}" now`, {
    hint: `Start its repmgrd: ${ownCommand(config, 'daemon start')}`,
  });
}

function refuseServer({ conninfo, sourceFile }: Config): void {
  if (conninfo === '') return;
  throw failure('usage', {
    message: 'witness join is for a witness without PostgreSQL',
    detail: `"conninfo" is set in ${sourceFile ?? 'repmgr.conf'}.`,
    hint: 'Remove conninfo and set api_listen, or use "repmgr witness register" for a witness with PostgreSQL.',
  });
}

/** One that waits for its state file answers nothing yet. */
async function refuseRunning(context: CommandContext): Promise<void> {
  const running = await localViewIfAny(context);
  if (running === undefined) return;
  throw failure('joined_already', {
    message: 'the repmgrd of this witness runs, so it has joined already',
    detail: `It belongs to cluster "${running.cluster}", and its process id is ${running.pid}.`,
    hint: 'To have it join anew, stop it first: repmgr daemon stop; then add --force.',
  });
}

function refuseOtherCluster({ cluster }: InvitationToken, { clusterName, sourceFile }: Config): void {
  if (cluster === clusterName) return;
  throw otherCluster(
    `It is for cluster "${cluster}"; "cluster" in ${sourceFile ?? 'repmgr.conf'} is "${clusterName}".`,
  );
}

function otherCluster(detail: string): RepmgrError {
  return failure('invitation_of_other_cluster', {
    message: 'the token is for another cluster',
    detail,
    hint: 'Run "repmgr witness invite" on the primary of this cluster, or correct "cluster" in repmgr.conf.',
  });
}

function refusalError(refusal: AdmissionRefusal, { address }: InvitationToken): RepmgrError {
  const anew = 'Print a new one on the primary: repmgr witness invite';
  switch (refusal.kind) {
    case 'unknown':
      return failure('invitation_unknown', {
        message: `the repmgrd at ${address} does not know the token`,
        detail: refusal.detail,
        hint: anew,
      });
    case 'expired':
      return failure('invitation_expired', {
        message: 'the token is no longer good',
        detail: refusal.detail,
        hint: `${anew}; --for makes it last longer.`,
      });
    case 'used':
      return failure('invitation_used', {
        message: 'the token was used already',
        detail: `${refusal.detail} A token is good once.`,
        hint: anew,
      });
    case 'otherCluster':
      return otherCluster(refusal.detail);
    case 'refused': {
      const { code, message, detail, hint } = refusal;
      const isKnown = Object.hasOwn(errorCatalogue, code);
      return failure(isKnown ? (code as ErrorCode) : 'internal', {
        message,
        detail:
          `${detail}\nThe repmgrd at ${address} says so; nothing was changed, and the token is still good.`.trim(),
        hint,
      });
    }
  }
}

/** The row is there, and the token is used up. */
function notWritten(config: Config, path: string, reason: string): RepmgrError {
  return failure('state_file_unwritable', {
    message: 'this node was registered as a witness, and its state file could not be written',
    detail: `"${path}": ${reason}`,
    hint: `Mend that, then join again with a new token: ${ownCommand(config, 'witness join --force')}`,
  });
}
