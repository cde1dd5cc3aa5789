/** Effects of repmgrd on a server of a sandbox, called by a test as repmgrd calls them. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { localServer } from '../../src/cluster/local-server.ts';
import { listNodes } from '../../src/cluster/metadata/nodes.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { ServerPlace } from '../../src/daemon/observe/server-place.ts';
import { WalEndReader } from '../../src/daemon/observe/end-of-wal.ts';
import { FreezeProof } from '../../src/daemon/perform/freeze-proof.ts';
import { OwnConnections } from '../../src/daemon/perform/own-connections.ts';
import { RejoinAttempts } from '../../src/daemon/perform/rejoin-attempts.ts';
import { perform, type PerformContext, type PerformedAction } from '../../src/daemon/perform/perform.ts';
import type { ActionResult } from '../../src/failover/events.ts';
import type { MonotonicMs } from '../../src/failover/instant.ts';
import type { Logger, LogLevel, LogParts } from '../../src/log/logger.ts';
import type { NodeId, NodeRecord } from '../../src/model/node.ts';
import { connect } from '../../src/postgres/connection.ts';
import { readConninfo } from '../../src/postgres/conninfo-defaults.ts';
import { KnownAddresses } from '../../src/postgres/known-addresses.ts';
import { parseVersionText, serverVersion } from '../../src/postgres/version.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';

export interface Effects {
  readonly context: PerformContext;
  readonly lines: readonly string[];
  /** As the user of the servers, which owns their files. */
  perform(action: PerformedAction, signal?: AbortSignal): Promise<ActionResult>;
}

/** What repmgrd of a node would work with; closed when the test is over. */
export async function effectsOn(
  sandbox: Sandbox,
  id: number,
  changes: Partial<PerformContext> = {},
): Promise<Effects> {
  const { config: loaded } = await loadConfig({
    file: sandbox.node(id).configFile,
    workingDirectory: sandbox.directory,
    environment: {},
    systemConfigDirectory: () => Promise.resolve(undefined),
  });
  if (loaded === undefined) throw new Error('the sandbox has no repmgr.conf');
  const config = { ...loaded, pgBindir: await programs(sandbox) };
  const nodes = await registeredNodes(sandbox, config.clusterName);
  const { dataDirectory, conninfo } = sandbox.node(id);
  const place = placeOf(sandbox, id);
  const connections = new OwnConnections(() => readConninfo(conninfo));
  onTestFinished(() => connections.close());
  await connections.prepare();
  const lines: string[] = [];
  const context: PerformContext = {
    config,
    self: id as NodeId,
    server: {
      ...place,
      control: localServer(config, dataDirectory),
    },
    connections,
    addresses: new KnownAddresses(),
    walEnd: new WalEndReader(place),
    guard: { renew: async () => {}, end: async () => {} },
    freezeProof: new FreezeProof(),
    attempts: new RejoinAttempts(),
    nodes: () => nodes,
    record: () => null,
    now: () => ({
      monotonicMs: performance.now() as MonotonicMs,
      bootTimeMs: performance.now(),
      wallMs: Date.now(),
    }),
    fetchWal: () => Promise.resolve({ kind: 'refused', reason: 'nobody to fetch from' }),
    log: loggerInto(lines),
    signal: new AbortController().signal,
    ...changes,
  };
  return {
    context,
    lines,
    perform: (action, signal = context.signal) =>
      asUserOf(sandbox, () => perform(action, { ...context, signal })),
  };
}

/** As the first node knows them whose server answers. */
async function registeredNodes(sandbox: Sandbox, clusterName: string): Promise<readonly NodeRecord[]> {
  for (const { conninfo } of sandbox.nodes) {
    const connection = await connect(conninfo).catch(() => undefined);
    if (connection === undefined) continue;
    const nodes = await listNodes(connection, clusterName);
    await connection.close();
    return nodes;
  }
  return [];
}

/** How much of this process runs as another user right now. */
let depth = 0;
const { getuid } = process;

/** Files that are written meanwhile belong to the servers' user, who looks to be the real one too. */
export async function asUserOf<Result>({ user }: Sandbox, work: () => Promise<Result>): Promise<Result> {
  if (user === undefined) return await work();
  depth += 1;
  process.setegid?.(user.gid);
  process.seteuid?.(user.uid);
  process.getuid = () => user.uid;
  try {
    return await work();
  } finally {
    depth -= 1;
    if (depth === 0) {
      if (getuid !== undefined) process.getuid = getuid;
      process.seteuid?.(0);
      process.setegid?.(0);
    }
  }
}

/** PostgreSQL wants its real user to be the effective one too; the shell is root again, as it really was. */
async function programs({ directory, binDirectory, user }: Sandbox): Promise<string> {
  if (user === undefined) return binDirectory;
  const place = join(directory, 'programs');
  await mkdir(place, { recursive: true });
  for (const name of await readdir(binDirectory)) {
    const line = `exec setpriv --reuid=${user.uid} --regid=${user.gid} --clear-groups "${join(binDirectory, name)}" "$@"`;
    await writeFile(join(place, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  }
  return place;
}

/** Where the server of a node lies, and of which version it is. */
export function placeOf(sandbox: Sandbox, id: number): ServerPlace {
  const version = serverVersion(parseVersionText(sandbox.postgresVersion) ?? 0);
  return { dataDirectory: sandbox.node(id).dataDirectory, version };
}

function loggerInto(lines: string[]): Logger {
  const log = (level: LogLevel, message: string, parts: LogParts = {}) => {
    lines.push([level, message, parts.detail, parts.hint].filter(Boolean).join(' '));
  };
  const at = (level: LogLevel) => (message: string, parts?: LogParts) => log(level, message, parts);
  return {
    log,
    debug: at('DEBUG'),
    info: at('INFO'),
    notice: at('NOTICE'),
    warning: at('WARNING'),
    error: at('ERROR'),
    isEnabled: () => true,
    close: () => Promise.resolve(),
  };
}
