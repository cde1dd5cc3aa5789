/** What an administrator reads when a server cannot be reached or says no: what was found, what to do, exit code. */
import { chmod, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { limits } from '../../src/limits.ts';
import { connect } from '../../src/postgres/connection.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { placeByUs } from '../support/libpq.ts';
import { portThatAnswers } from '../support/odd-servers.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { putFile, withSettings } from '../support/sandbox-files.ts';

let sandbox: Sandbox;
let port: number;
beforeAll(async () => {
  sandbox = await sandboxForTest({ nodes: 2 });
  port = sandbox.node(1).port;
  await putFile(
    sandbox,
    'node1/pg_hba.conf',
    [
      'local all all trust',
      'host all secret 127.0.0.1/32 scram-sha-256',
      'host all repmgr,crowd,ghost 127.0.0.1/32 trust',
      'host replication repmgr 127.0.0.1/32 trust\n',
    ].join('\n'),
  );
  await sandbox.query(1, "CREATE ROLE secret LOGIN PASSWORD 'geheim'");
  await sandbox.query(1, 'CREATE ROLE crowd LOGIN CONNECTION LIMIT 1');
  await sandbox.query(1, 'CREATE ROLE outsider LOGIN');
  await sandbox.query(1, 'SELECT pg_reload_conf()');
  await vi.waitFor(
    async () => expect(await placeByUs(to('user=outsider'), {})).toBe('connection_failed'),
    20_000,
  );
});

const to = (settings: string) => `host=127.0.0.1 port=${port} dbname=repmgr ${settings}`;

/** Runs `cluster show` with this conninfo, and splits what it says into its parts. */
async function ask(conninfo: string, environment: Readonly<Record<string, string>> = {}) {
  const file = await withSettings(sandbox, 1, { conninfo });
  const { exitCode, stdout, stderr } = await sandbox.repmgr(1, [...file, 'cluster', 'show'], {
    env: environment,
  });
  expect(stdout).toBe('');
  expect(stderr).not.toMatch(/geheim|wrong|^ {4}at /m);
  const part = (level: string) => new RegExp(`^${level}: (.*)$`, 'm').exec(stderr)?.[1];
  return { exitCode, message: part('ERROR'), detail: part('DETAIL'), hint: part('HINT') };
}

it('a data directory that the server may not read is told as that, not as a right of the role', async () => {
  const map = join(sandbox.node(2).dataDirectory, 'global/pg_filenode.map');
  const { mode } = await stat(map);
  await chmod(map, 0);
  try {
    const said = await ask(`host=127.0.0.1 port=${sandbox.node(2).port} dbname=repmgr user=repmgr`);
    expect(said).toMatchObject({
      exitCode: 6,
      detail: expect.stringMatching(/could not open file "global\/pg_filenode\.map": Permission denied/),
      hint: expect.stringMatching(/^What the server says of files is about its data directory/),
    });
  } finally {
    await chmod(map, mode);
  }
});

describe('a password', () => {
  const message = () =>
    `could not connect to PostgreSQL at "127.0.0.1:${port}": the password was refused or is missing`;

  it('that is wrong is exit code 9, and the line for the password file is given', async () => {
    expect(await ask(to('user=secret password=wrong'))).toEqual({
      exitCode: 9,
      message: message(),
      detail: `127.0.0.1:${port}: password authentication failed for user "secret".`,
      hint: `Put the line 127.0.0.1:${port}:repmgr:secret:PASSWORD into ~/.pgpass (mode 0600), then try: psql "host=127.0.0.1 port=${port} dbname=repmgr user=secret" -c "select 1"`,
    });
  });

  it('that is missing is exit code 9, and where it was looked for is told', async () => {
    const home = join(sandbox.directory, 'home');
    expect(await ask(to('user=secret'))).toMatchObject({
      exitCode: 9,
      message: message(),
      detail: `127.0.0.1:${port}: there is no password in the conninfo or PGPASSWORD, and no file "${home}/.pgpass".`,
    });
    await putFile(sandbox, 'home/.pgpass', '*:1:*:*:wrong\n');
    expect(await ask(to('user=secret'))).toMatchObject({
      exitCode: 9,
      detail: `127.0.0.1:${port}: there is no password in the conninfo or PGPASSWORD, and "${home}/.pgpass" has no line for 127.0.0.1:${port}:repmgr:secret.`,
    });
    await putFile(sandbox, 'home/.pgpass', '*:*:*:*:geheim\n', 0o644);
    expect(await ask(to('user=secret'))).toMatchObject({
      exitCode: 9,
      detail: `127.0.0.1:${port}: password file "${home}/.pgpass" was ignored, as others have access to it (mode 0644).`,
      hint: `Run: chmod 0600 ${home}/.pgpass`,
    });
  });
});

describe('a server that says no', () => {
  const message = () => `could not connect to PostgreSQL at "127.0.0.1:${port}"`;

  it('for want of a line in pg_hba.conf: the line that is given lets us in', async () => {
    const { hint = '', ...refusal } = await ask(to('user=outsider sslmode=disable'));
    expect(refusal).toEqual({
      exitCode: 6,
      message: message(),
      detail: `127.0.0.1:${port}: no pg_hba.conf entry for host "127.0.0.1", user "outsider", database "repmgr", no encryption.`,
    });
    expect(hint).toBe(
      'Add to pg_hba.conf of that server, then reload it: host repmgr outsider 127.0.0.1/32 scram-sha-256',
    );
    const lines = await readFile(join(sandbox.node(1).dataDirectory, 'pg_hba.conf'), 'utf8');
    await putFile(sandbox, 'node1/pg_hba.conf', `${lines}${hint.split(': ')[1]}\n`);
    await sandbox.query(1, "ALTER ROLE outsider PASSWORD 'geheim'");
    await sandbox.query(1, 'SELECT pg_reload_conf()');
    await vi.waitFor(
      async () =>
        expect(await placeByUs(to('user=outsider'), { PGPASSWORD: 'geheim' })).toContain('outsider'),
      20_000,
    );
  });

  it('as role or database do not exist', async () => {
    expect(await ask(to('user=ghost'))).toEqual({
      exitCode: 6,
      message: message(),
      detail: `127.0.0.1:${port}: role "ghost" does not exist.`,
      hint: 'Create the role on the primary: CREATE ROLE "ghost" LOGIN REPLICATION;',
    });
    expect(await ask(to('user=repmgr dbname=nosuch'))).toEqual({
      exitCode: 6,
      message: message(),
      detail: `127.0.0.1:${port}: database "nosuch" does not exist.`,
      hint: `Create the database on the primary: createdb -h 127.0.0.1 -p ${port} -O repmgr nosuch`,
    });
  });

  it('as it has too many connections', async () => {
    const holder = await connect(to('user=crowd'));
    const { exitCode, detail, hint } = await ask(to('user=crowd'));
    await holder.close();
    expect({ exitCode, detail }).toEqual({
      exitCode: 6,
      detail: `127.0.0.1:${port}: too many connections for role "crowd".`,
    });
    expect(hint).toMatch(/^Raise max_connections/);
  });

  it('as it is starting up, or lets nobody in before it is promoted', async () => {
    const { dataDirectory, logFile, port: portOfStandby } = sandbox.node(2);
    await sandbox.stop(2);
    const settings = await readFile(join(dataDirectory, 'postgresql.conf'), 'utf8');
    await putFile(sandbox, 'node2/postgresql.conf', `${settings}\nhot_standby = off\n`);
    const pgCtl = join(sandbox.binDirectory, 'pg_ctl');
    await sandbox.run(pgCtl, ['-D', dataDirectory, '-l', logFile, '-W', 'start']);
    const conninfo = `host=127.0.0.1 port=${portOfStandby} user=repmgr dbname=repmgr`;
    await vi.waitFor(async () => {
      expect(await ask(conninfo)).toMatchObject({
        exitCode: 6,
        detail: expect.stringMatching(/the database system is (starting up|not accepting connections)\.$/),
        hint: expect.stringMatching(/^(Set "hot_standby = on"|The server is starting)/),
      });
    }, 20_000);
    // Of several hosts such a one is passed over.
    const both = `host=127.0.0.1,127.0.0.1 port=${portOfStandby},${port} user=repmgr dbname=repmgr`;
    expect(await placeByUs(both, {})).toBe(`${port} repmgr repmgr primary`);
    const show = await sandbox.repmgr(1, ['cluster', 'show']);
    expect(show.stdout).toMatch(/^ {2}FAILED {2}\| node2/m);
    expect(show.stderr).toMatch(
      /^WARNING: node "node2" \(id 2\) refuses connections: the database system is /m,
    );
  });
});

describe('a place without a server', () => {
  it('where nobody listens, or under a name that nobody knows', async () => {
    expect(await ask('host=127.0.0.1 port=1 user=repmgr dbname=repmgr')).toEqual({
      exitCode: 6,
      message: 'could not connect to PostgreSQL at "127.0.0.1:1"',
      detail: '127.0.0.1:1: connection refused.',
      hint: 'Start the PostgreSQL of this node, or run the command on one whose PostgreSQL is up: "repmgr cluster show" there says which.',
    });
    expect(await ask('host=no-such-host.invalid user=repmgr dbname=repmgr')).toMatchObject({
      exitCode: 6,
      detail: 'no-such-host.invalid:5432: the name of the host is not known.',
      hint: expect.stringMatching(
        /^Correct the host in "conninfo" of .*, or make its name known: getent hosts no-such-host\.invalid$/,
      ),
    });
    const several = await ask('host=127.0.0.1,127.0.0.1,/no/where port=1,2,3 user=repmgr dbname=repmgr');
    expect(several).toMatchObject({
      message: 'could not connect to PostgreSQL at any of 3 hosts',
      detail:
        '127.0.0.1:1: connection refused. 127.0.0.1:2: connection refused. /no/where:3: there is no such unix socket.',
    });
  });

  it('where something else than PostgreSQL answers', async () => {
    const web = await portThatAnswers((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')),
    );
    for (const mode of ['disable', 'prefer', 'require']) {
      const answer = await ask(`host=127.0.0.1 port=${web} user=repmgr dbname=repmgr sslmode=${mode}`);
      expect(answer, mode).toMatchObject({ exitCode: 6 });
      expect(answer.hint, mode).toMatch(/pg_isready|openssl s_client/);
    }
    const closing = await portThatAnswers((socket) => socket.destroy());
    expect(await ask(`host=127.0.0.1 port=${closing} user=repmgr dbname=repmgr`)).toMatchObject({
      exitCode: 6,
      hint: `Is it a PostgreSQL that listens there? Check: pg_isready -h 127.0.0.1 -p ${closing}`,
    });
  });

  it('where the connection is accepted and nothing answers: connect_timeout holds, and ours without it', async () => {
    const silent = await portThatAnswers(() => {});
    const conninfo = `host=127.0.0.1 port=${silent} user=repmgr dbname=repmgr`;
    const startedAtMs = performance.now();
    expect(await ask(`${conninfo} connect_timeout=1`)).toMatchObject({
      exitCode: 6,
      detail: expect.stringMatching(/: no answer within (1|0\.\d) s\.$/),
    });
    expect(performance.now() - startedAtMs).toBeLessThan(limits.connectMs);

    const before = performance.now();
    await expect(connect(conninfo, { deadlineMs: 300 })).rejects.toMatchObject({
      code: 'connection_failed',
      detail: `127.0.0.1:${silent}: no answer within 0.3 s.`,
    });
    // The deadline of the caller holds for all hosts together, whatever the conninfo says.
    const twice = `host=127.0.0.1,127.0.0.1 port=${silent} user=repmgr dbname=repmgr connect_timeout=60`;
    await expect(connect(twice, { deadlineMs: 300 })).rejects.toMatchObject({ code: 'connection_failed' });
    expect(performance.now() - before).toBeLessThan(2_000);

    const interrupted = new AbortController();
    const attempt = connect(conninfo, { signal: interrupted.signal });
    interrupted.abort();
    await expect(attempt).rejects.toMatchObject({ code: 'interrupted', exitCode: 130 });
  });

  it('where the server hangs', async () => {
    await sandbox.freeze(1);
    const startedAtMs = performance.now();
    const frozen = await ask(to('user=repmgr connect_timeout=1'));
    await sandbox.thaw(1);
    // A busy machine takes some of that second before the server is asked.
    expect(frozen).toMatchObject({
      exitCode: 6,
      detail: expect.stringMatching(/: no answer within (1|0\.\d) s\.$/),
    });
    expect(performance.now() - startedAtMs).toBeLessThan(limits.connectMs);
  });
});

it('what we cannot hold is refused, not left out', async () => {
  for (const demand of ['gssencmode=require', 'requirepeer=postgres']) {
    const answer = await ask(to(`user=repmgr ${demand}`));
    expect(answer).toMatchObject({
      exitCode: 1,
      message: `connection option ${demand.replace('=postgres', '')} is not supported here`,
    });
  }
  expect(await ask(to('user=repmgr require_auth=scram-sha-256'))).toMatchObject({
    exitCode: 6,
    detail: `127.0.0.1:${port}: the server asks for "none", which require_auth does not allow.`,
  });
  expect(await placeByUs(to('user=secret require_auth=scram-sha-256'), { PGPASSWORD: 'geheim' })).toContain(
    'secret',
  );
  expect(await placeByUs(to('user=secret require_auth=!scram-sha-256'), { PGPASSWORD: 'geheim' })).toBe(
    'connection_failed',
  );
});
