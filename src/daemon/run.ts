/** The life of a repmgrd: from a configuration to its end by a signal. */
import { randomUUID } from 'node:crypto';
import { controlSocketPath } from '../api/control-path.ts';
import { startControlSocket } from '../api/control-socket.ts';
import { makeStateDirectory } from '../cluster/state-directory.ts';
import { newCopyFile } from '../cluster/rejoin/kept-places.ts';
import { reloadedConfig } from '../config/reload.ts';
import type { Config } from '../config/resolve.ts';
import { failure } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import { type NodeId, toNodeId } from '../model/node.ts';
import type { Settings } from '../failover/settings.ts';
import { KnownAddresses } from '../postgres/known-addresses.ts';
import { type ClusterFacts, noFacts } from './cluster-facts.ts';
import { Daemon } from './daemon.ts';
import type { MetadataSource } from './metadata-source.ts';
import { MetadataWatch } from './metadata-watch.ts';
import { placeOfWitness } from './observe/server-place.ts';
import { PeerMetadata } from './peer-metadata.ts';
import { hasGuardPrograms, namesReconnect } from './settings-sources.ts';
import { coreSettings, wantsGuard } from './settings.ts';
import { Recorder } from './recorder.ts';
import { startRemarks } from './start-report.ts';
import {
  awaitFacts,
  awaitJoining,
  awaitServerPlace,
  requireOwnRow,
  tellOfWaiting,
} from './start-conditions.ts';
import { durableOf, invitationsOf, readStateFile, StateFile, type StateFileContent } from './state-file.ts';

export interface RunOptions {
  readonly config: Config;
  /** `-m`: rows into repl_monitor, whatever `monitoring_history` says. */
  readonly recordsHistory: boolean;
  /** Where each event is written for `repmgr debug replay`; undefined: nowhere. */
  readonly recording: string | undefined;
  readonly log: Logger;
  /** Aborted by SIGTERM and SIGINT. */
  readonly signal: AbortSignal;
  /** Called when it works, be it that it waits for its server. */
  readonly onReady: () => void;
  /** Gives the new configuration at each SIGHUP; undefined where the file cannot be used. */
  readonly onReload: (listener: (config: Config) => Promise<void>) => void;
}

/** @throws RepmgrError of a start that cannot be; interrupted, where it was ended before it had begun */
export async function runDaemon({
  config,
  recordsHistory,
  recording,
  log,
  signal,
  onReady,
  onReload,
}: RunOptions): Promise<void> {
  const self = ownNodeId(config);
  const owner = { stateDirectory: config.stateDirectory, clusterName: config.clusterName, self };
  await makeStateDirectory(config);
  let daemon: Daemon | undefined;
  let current = config;
  const socket = await startControlSocket({
    path: controlSocketPath(config.stateDirectory, config.clusterName, self),
    onRequest: async (request, asking) => {
      if (request.kind === 'process')
        return { kind: 'process', pid: process.pid, isWaiting: daemon === undefined };
      const answer = await daemon?.answers.to(request, asking);
      return answer ?? { kind: 'failed', reason: 'it waits until it can read the metadata' };
    },
    log,
  });
  let metadata: MetadataSource | undefined;
  try {
    const hasServer = config.conninfo !== '';
    let content = await readStateFile(owner);
    reportLoss(content, log);
    onReady();
    if (!hasServer)
      content = await awaitJoining(
        owner,
        content,
        async () => await tellOfWaiting(config, self, log),
        signal,
      );
    const durable = durableOf(content);
    const known = content.kind === 'read' ? content.facts : noFacts;
    const onChanged = (facts: ClusterFacts): void => daemon?.takeFacts(facts);
    const addresses = new KnownAddresses();
    const ownServer = hasServer
      ? new MetadataWatch({
          conninfo: () => addresses.addressed(current.conninfo),
          clusterName: config.clusterName,
          intervalMs: () => current.monitorIntervalMs,
          facts: known,
          onChanged,
          log,
        })
      : undefined;
    const watch =
      ownServer ??
      new PeerMetadata({
        self,
        facts: known,
        intervalMs: () => current.witnessSyncIntervalMs,
        leader: () => daemon?.answers.leader ?? null,
        fetch: async (from, fetching) => (await daemon?.traffic.fetchMetadata(from, fetching)) ?? '',
        onChanged,
        log,
      });
    metadata = watch;
    if (hasServer) await awaitFacts(watch, async () => await tellOfWaiting(config, self, log), signal);
    requireOwnRow(watch.facts, config, self);
    const isWitness = watch.facts.nodes.some(({ id, role }) => id === self && role === 'witness');
    const place = isWitness
      ? placeOfWitness
      : { ...(await awaitServerPlace(config, watch.facts, signal)), newCopyFile: newCopyFile(config, self) };
    if (!isWitness) ownServer?.noteDataDirectory(place.dataDirectory);
    const settingsFor = async (current: Config) =>
      coreSettings(current, {
        self,
        nodes: watch.facts.nodes,
        canGuard: !isWitness && (await hasGuardPrograms(current)),
        hasStandbySignal: place.version.capabilities.recoverySettingsIn === 'auto.conf',
        canHold: true,
        namesReconnect: await namesReconnect(current),
      });
    const settings = await settingsFor(config);
    daemon = new Daemon(
      {
        config,
        self,
        settings,
        durable,
        stateFile: new StateFile(owner, durable, watch.facts, invitationsOf(content)),
        addresses,
        place,
        isWitness,
        incarnation: randomUUID(),
        bootNonce: randomUUID(),
        recordsHistory,
        recorder: recording === undefined ? undefined : new Recorder(recording, log),
        log,
        signal,
      },
      watch,
    );
    const running = daemon;
    await running.start().catch(async (error: unknown) => {
      await running.close(error instanceof Error ? error.message : String(error));
      throw error;
    });
    running.takeFacts(watch.facts);
    void watch.read();
    onReload(async (read) => {
      const { config: changed, waiting } = reloadedConfig(current, read);
      current = changed;
      if (waiting.length > 0) log.warning(`changed, and used after a restart only: ${waiting.join(', ')}`);
      const changedSettings = await settingsFor(changed);
      await running.reload(changed, changedSettings);
      tellStart(changed, changedSettings, watch.facts.nodes, log);
    });
    log.notice(`repmgrd watches node "${config.nodeName}" (ID: ${self})`);
    tellStart(config, settings, watch.facts.nodes, log);
    await aborted(signal);
    log.notice('repmgrd ends');
    await running.close();
  } finally {
    await metadata?.close();
    await socket.close();
  }
}

function ownNodeId({ nodeId }: Config): NodeId {
  const id = toNodeId(nodeId);
  if (id !== undefined) return id;
  throw failure('configuration_invalid', {
    message: `${nodeId} is no node id`,
    detail: 'Node ids are whole numbers from 1 to 2147483647.',
    hint: 'Correct "node" in repmgr.conf.',
  });
}

function tellStart(config: Config, settings: Settings, nodes: ClusterFacts['nodes'], log: Logger): void {
  for (const { level, message, ...parts } of startRemarks(config, settings, nodes, wantsGuard(config))) {
    log.log(level, message, parts);
  }
}

function reportLoss(content: StateFileContent, log: Logger): void {
  if (content.kind !== 'lost') return;
  log.error(`the state file cannot be used: ${content.problem}`, {
    detail:
      content.keptAs === undefined
        ? 'What this node had promised to others is not known any more.'
        : `What this node had promised to others is not known any more. The file is kept as "${content.keptAs}".`,
    hint: 'The node votes again once the leader has taken it in anew. Only where too many lost theirs, and nobody leads: repmgr standby promote --force, on the node that is to be the primary.',
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
