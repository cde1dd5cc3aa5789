import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { WalEndReader } from '../../../src/daemon/observe/end-of-wal.ts';
import { ServerWatch } from '../../../src/daemon/observe/server-watch.ts';
import { createLogger } from '../../../src/log/sinks.ts';
import type { NodeId } from '../../../src/model/node.ts';
import { serverVersion } from '../../../src/postgres/version.ts';

it('looks once more for all who ask during a look, and then rests', async () => {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'repmgr-watch-'));
  const place = { dataDirectory, version: serverVersion(150_000) };
  let looks = 0;
  const watch = new ServerWatch({
    self: 1 as NodeId,
    place,
    walEnd: new WalEndReader(place),
    conninfo: () => ({}),
    nodes: () => [],
    intervalMs: () => 60_000,
    hangMs: () => 60_000,
    onObserved: () => {
      looks += 1;
    },
    onConnected: () => undefined,
    log: await createLogger({ program: 'repmgrd', level: 'EMERG' }),
  });
  onTestFinished(async () => {
    await watch.close();
    await rm(dataDirectory, { recursive: true });
  });
  await Promise.all([watch.look(), watch.look(), watch.look()]);
  expect(looks).toBe(2);
  for (const expected of [3, 4, 5]) {
    await watch.look();
    expect(looks).toBe(expected);
  }
});
