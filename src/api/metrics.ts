/** The page for Prometheus, made anew from the view each time it is read; loaded by the first reader. docs/http.md */
import { Counter, Gauge, Registry } from 'prom-client';
import type { ApiView } from './view.ts';

/** Text in the exposition format 0.0.4. */
export async function renderMetrics(view: ApiView): Promise<string> {
  const registry = new Registry();
  registry.setDefaultLabels({ cluster: view.cluster, node: view.name });
  addNode(registry, view);
  addNodes(registry, view);
  addCounters(registry, view);
  addProcess(registry, view);
  return await registry.metrics();
}

function addNode(
  registry: Registry,
  { server, leadership, pause, maintenanceLeftMs, voters, quorum, sickSigns }: ApiView,
): void {
  const gauge = gaugeOf(registry);
  // A witness has no server of the cluster, which would be no reason for an alarm.
  const isWitness = server.condition === 'none';
  const ofServer = (isSo: boolean): number | null => (isWitness ? null : flag(isSo));
  gauge(
    'repmgr_server_up',
    'PostgreSQL of this node runs and answers',
    ofServer(server.condition === 'running'),
  );
  gauge('repmgr_server_in_recovery', 'It is a standby', server.isInRecovery && flag(server.isInRecovery));
  gauge('repmgr_server_streaming', 'Its WAL receiver streams', ofServer(server.isStreaming));
  gauge('repmgr_server_fenced', 'It was fenced and follows no leader yet', ofServer(server.isFenced));
  gauge('repmgr_witness', 'This node is a witness: it votes, and holds no data', flag(isWitness));
  gauge('repmgr_server_timeline', 'Its timeline', server.timelineId);
  gauge('repmgr_server_wal_end_bytes', 'The end of its WAL', server.endOfWal);
  gauge('repmgr_server_replayed_bytes', 'How far it has replayed', server.replayedLsn);
  gauge('repmgr_server_lag_bytes', 'How far it is behind the primary', server.lagBytes);
  gauge('repmgr_leader', 'This node leads', flag(leadership.role === 'leader'));
  gauge('repmgr_term', 'The highest term that this node knows', leadership.term);
  gauge(
    'repmgr_in_contact',
    'Of a leader: enough voters answer',
    leadership.isInContact && flag(leadership.isInContact),
  );
  gauge(
    'repmgr_lease_left_seconds',
    'How long the lease lasts if nothing more is heard',
    seconds(leadership.leaseLeftMs),
  );
  gauge('repmgr_holding_commits', 'Commits wait until other nodes answer', flag(leadership.isHolding));
  gauge(
    'repmgr_leader_seen_seconds',
    'Since the last heartbeat of the leader',
    seconds(leadership.leaderSeenMs),
  );
  gauge('repmgr_paused', 'Failover is paused', flag(pause !== null));
  gauge('repmgr_maintenance', 'This node is in maintenance', flag(maintenanceLeftMs !== null));
  gauge('repmgr_voters', 'Nodes that vote', voters.length);
  gauge('repmgr_quorum', 'Voters that must agree', quorum);
  gauge('repmgr_sick_signs', 'Things that an operator should look at', sickSigns.length);
}

function addNodes(registry: Registry, { nodes }: ApiView): void {
  const labelNames = ['peer'];
  const seen = new Gauge({
    name: 'repmgr_peer_seen_seconds',
    help: 'Since the last message of the repmgrd of another node',
    labelNames,
    registers: [registry],
  });
  const up = new Gauge({
    name: 'repmgr_peer_server_up',
    help: 'PostgreSQL of another node runs, as its repmgrd said last',
    labelNames,
    registers: [registry],
  });
  for (const { name, lastSeenMs, health } of nodes) {
    if (lastSeenMs !== null) seen.set({ peer: name }, lastSeenMs / 1000);
    if (health !== null) up.set({ peer: name }, flag(health === 'up' || health === 'witness'));
  }
}

function addCounters(registry: Registry, { counters }: ApiView): void {
  const counter = counterOf(registry);
  counter('repmgr_messages_sent_total', 'Messages to other repmgrds', counters.messagesSent);
  counter('repmgr_messages_received_total', 'Messages of other repmgrds', counters.messagesReceived);
  counter('repmgr_elections_total', 'Elections that this node began', counters.electionsBegun);
  counter('repmgr_promotions_total', 'Promotions of this node by its repmgrd', counters.promotions);
  counter('repmgr_fences_total', 'Times that this node was fenced', counters.fences);
  counter('repmgr_holds_total', 'Times that commits were held', counters.holds);
}

function addProcess(registry: Registry, { upForMs }: ApiView): void {
  const gauge = gaugeOf(registry);
  const { user, system } = process.cpuUsage();
  gauge('process_resident_memory_bytes', 'Memory of repmgrd', process.memoryUsage.rss());
  counterOf(registry)('process_cpu_seconds_total', 'Processor time of repmgrd', (user + system) / 1e6);
  gauge('repmgr_up_seconds', 'Since repmgrd started', upForMs / 1000);
}

/** What is not known has no line. */
function gaugeOf(registry: Registry) {
  return (name: string, help: string, value: number | null | false): void => {
    if (value === null) return;
    new Gauge({ name, help, registers: [registry] }).set(Number(value));
  };
}

function counterOf(registry: Registry) {
  return (name: string, help: string, value: number): void => {
    new Counter({ name, help, registers: [registry] }).inc(value);
  };
}

function flag(isSo: boolean): number {
  return isSo ? 1 : 0;
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}
