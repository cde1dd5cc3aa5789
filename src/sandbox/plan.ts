/** What making a sandbox will do, in words. Pure. */
import type { LocatedServer } from './servers.ts';

export interface SandboxPlanFacts {
  readonly server: LocatedServer;
  readonly directory: string;
  readonly nodes: number;
  readonly hasRepmgrd: boolean;
}

export function planSandbox({ server, directory, nodes, hasRepmgrd }: SandboxPlanFacts): readonly string[] {
  const standbys = Array.from({ length: nodes - 1 }, (_, index) => `node${index + 2}`);
  return [
    server.isPresent
      ? `use PostgreSQL ${server.major} in ${server.binDirectory}`
      : `fetch PostgreSQL ${server.major} from npm into ${server.binDirectory}`,
    `make a sandbox in ${directory}`,
    'initialize and start "node1" on a free port, and register it as the primary',
    ...standbys.map((name) => `clone "node1" into "${name}", start it on a free port, and register it`),
    ...(hasRepmgrd ? ['start a repmgrd beside each server'] : []),
  ];
}
