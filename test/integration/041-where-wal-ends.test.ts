/** What lies in the files of a data directory, compared with what PostgreSQL of each version says. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatLsn, type Lsn, parseLsn } from '../../src/model/lsn.ts';
import { readControlFile } from '../../src/postgres/control-file.ts';
import { serverVersion } from '../../src/postgres/version.ts';
import { findWalEnd } from '../../src/postgres/wal-end.ts';
import { sandboxForTest } from '../support/sandbox.ts';

describe.each([10, 13, 15, 18])('on PostgreSQL %i', (postgresVersion) => {
  it('the end of WAL and the control file are read as the server wrote them', async () => {
    const sandbox = await sandboxForTest({ nodes: 1, postgresVersion, build: 'primary' });
    const { dataDirectory } = sandbox.node(1);
    const version = serverVersion(postgresVersion * 10_000);
    const control = () => readControlFile(dataDirectory, version);
    const end = async (from: Lsn) => {
      const found = await findWalEnd(join(dataDirectory, 'pg_wal'), from);
      return found === undefined ? undefined : formatLsn(found.lsn);
    };

    // Over several segments, with records longer than a page, and one longer than a segment.
    await sandbox.query(1, 'CREATE TABLE t AS SELECT generate_series(1, 200000) AS id');
    await sandbox.query(1, `SELECT pg_logical_emit_message(true, 'test', repeat('x', 20000000))`);
    await sandbox.query(1, 'CHECKPOINT');
    await sandbox.query(1, `SELECT pg_logical_emit_message(true, 'test', repeat('x', 50000))`);
    const [running] = await sandbox.query<{ lsn: string; checkpoint: string; id: string; timeline: number }>(
      1,
      `SELECT pg_current_wal_lsn()::text AS lsn, checkpoint_lsn::text AS checkpoint,
              timeline_id AS timeline, system_identifier::text AS id
         FROM pg_control_checkpoint(), pg_control_system()`,
    );
    expect(await control()).toEqual({
      systemIdentifier: running?.id,
      state: 'in production',
      checkpointLsn: parseLsn(running?.checkpoint ?? ''),
      timelineId: running?.timeline,
      minimumRecoveryLsn: undefined,
    });
    const checkpoint = (await control()).checkpointLsn;
    expect([running?.lsn, await flushedNow()]).toContain(await end(checkpoint));
    await sandbox.query(1, 'SELECT pg_switch_wal()');
    const switched = await end(checkpoint);
    expect(switched).toMatch(/\/[0-9A-F]?000000$/);

    await sandbox.stop(1);
    const stopped = await control();
    expect(stopped).toMatchObject({ state: 'shut down' });
    const last = parseLsn((await end(stopped.checkpointLsn)) ?? '');
    // The record of the shutdown is the last one, and some 100 bytes long.
    expect(Number((last ?? 0n) - stopped.checkpointLsn)).toBeGreaterThan(80);
    expect(Number((last ?? 0n) - stopped.checkpointLsn)).toBeLessThan(200);

    async function flushedNow(): Promise<string | undefined> {
      const [row] = await sandbox.query<{ lsn: string }>(1, 'SELECT pg_current_wal_lsn()::text AS lsn');
      return row?.lsn;
    }
  });
});
