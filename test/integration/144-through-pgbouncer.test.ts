/** A conninfo may lead through PgBouncer, where it keeps a session for a client; Debian's package is tried. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { connect } from '../../src/postgres/connection.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { findFreePorts } from '../../src/system/free-ports.ts';
import { startCompanion } from '../support/companion.ts';
import { expectPlace, placeByUs } from '../support/libpq.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { putFile, withSettings } from '../support/sandbox-files.ts';

const pgbouncer = '/usr/sbin/pgbouncer';

describe.runIf(existsSync(pgbouncer))('PgBouncer', () => {
  let sandbox: Sandbox;
  let port = 0;
  beforeAll(async () => {
    sandbox = await sandboxForTest({ nodes: 1, build: 'primary' });
    [port = 0] = await findFreePorts(1, '127.0.0.1');
    const users = await putFile(sandbox, 'users.txt', '"repmgr" "geheim"\n');
    const configuration = await putFile(
      sandbox,
      'pgbouncer.ini',
      [
        '[databases]',
        `* = host=127.0.0.1 port=${sandbox.node(1).port}`,
        '[pgbouncer]',
        'listen_addr = 127.0.0.1',
        `listen_port = ${port}`,
        'unix_socket_dir =',
        'auth_type = scram-sha-256',
        `auth_file = ${users}`,
        'pool_mode = session\n',
      ].join('\n'),
    );
    startCompanion(sandbox, [pgbouncer, configuration], join(sandbox.directory, 'pgbouncer.log'));
    await vi.waitFor(async () => expect(await placeByUs(through(), {})).toMatch(/^\d/), 10_000);
  });
  const through = (password = 'geheim') =>
    `host=127.0.0.1 port=${port} user=repmgr dbname=repmgr password=${password}`;

  it('leads to the server behind it, as for psql', async () => {
    const behind = `${sandbox.node(1).port} repmgr repmgr primary`;
    await expectPlace(through(), {}, behind);
    await expectPlace(through('wrong'), {}, 'password_refused');
    await expectPlace(`${through()} options='-c work_mem=1MB'`, {}, 'connection_failed');
  });

  it('gets our settings by statement, since it takes none at the start', async () => {
    const connection = await connect(through());
    expect(await connection.query('SHOW synchronous_commit')).toEqual([{ synchronous_commit: 'local' }]);
    expect(await connection.transaction(() => connection.query('SELECT $1::text AS given', ['ä']))).toEqual([
      { given: 'ä' },
    ]);
    await connection.close();
  });

  it('serves a registration', async () => {
    const file = await withSettings(sandbox, 1, { conninfo: through() });
    expect(await sandbox.repmgr(1, [...file, 'primary', 'register'])).toMatchObject({ exitCode: 0 });
    const shown = await sandbox.repmgr(1, [...file, 'cluster', 'show']);
    expect(shown).toMatchObject({ exitCode: 0, stderr: '' });
    expect(shown.stdout).toContain('* master  | node1 |');
  });
});
