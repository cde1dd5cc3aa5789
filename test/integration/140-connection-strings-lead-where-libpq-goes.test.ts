/** Every form of a conninfo, on a real primary and its standby: the same server as libpq, or refused as by libpq. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { type Environment, expectPlace, placeByUs } from '../support/libpq.ts';
import { portThatAnswers } from '../support/odd-servers.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { putFile } from '../support/sandbox-files.ts';

/** With every character that a conninfo, a URI or a password file has to escape. */
const password = `p :@/?#[]&=%'"\\ä`;
const inQuotes = `'${password.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
const inUri = encodeURIComponent(password).replaceAll("'", '%27');
const inFile = password.replaceAll('\\', '\\\\').replaceAll(':', '\\:');

let sandbox: Sandbox;
let primary: number;
let standby: number;
let sockets: string;
let home: string;

beforeAll(async () => {
  sandbox = await sandboxForTest({ nodes: 2, postgresqlConf: { unix_socket_directories: '.' } });
  primary = sandbox.node(1).port;
  standby = sandbox.node(2).port;
  sockets = sandbox.node(1).dataDirectory;
  home = join(sandbox.directory, 'home');
  await sandbox.query(1, 'CREATE DATABASE "a b"');
  await sandbox.query(1, `CREATE ROLE secret LOGIN PASSWORD '${password.replaceAll("'", "''")}'`);
  await sandbox.query(1, 'CREATE ROLE "it\'s me" LOGIN');
  for (const id of [1, 2]) {
    await putFile(
      sandbox,
      `node${id}/pg_hba.conf`,
      ['local', 'host']
        .flatMap((type) => {
          const place = type === 'host' ? ' 127.0.0.1/32' : '';
          return [
            `${type} all secret${place} scram-sha-256`,
            `${type} all,replication repmgr,"it's me"${place} trust`,
          ];
        })
        .join('\n') + '\n',
    );
    await sandbox.query(id, 'SELECT pg_reload_conf()');
  }
  // The new role and the new pg_hba.conf have arrived on the standby.
  const asSecret = `host=127.0.0.1 port=${standby} user=secret dbname=repmgr`;
  await vi.waitFor(
    async () =>
      expect(await placeByUs(asSecret, { PGPASSWORD: password })).toBe(`${standby} secret repmgr standby`),
    { timeout: 20_000 },
  );
});

interface Case {
  readonly conninfo: () => string;
  readonly environment?: () => Environment;
  readonly leads: () => string;
}

async function check({ conninfo, environment = () => ({}), leads }: Case): Promise<void> {
  await expectPlace(conninfo(), { HOME: home, ...environment() }, leads());
}

const onPrimary = (user = 'repmgr', database = 'repmgr') => `${primary} ${user} ${database} primary`;
const onStandby = (user = 'repmgr', database = 'repmgr') => `${standby} ${user} ${database} standby`;

describe('a connection string', () => {
  const cases: Readonly<Record<string, Case>> = {
    'keywords and values': {
      conninfo: () => `host=127.0.0.1 port=${primary} user=repmgr dbname=repmgr`,
      leads: () => onPrimary(),
    },
    'blanks around the equals signs, quotes and escapes': {
      conninfo: () => `host = '127.0.0.1'port=${primary}\n user='it\\'s me' dbname = a\\ b `,
      leads: () => onPrimary("it's me", 'a b'),
    },
    'the last of two values': {
      conninfo: () => `port=1 host=127.0.0.1 port=${primary} user=nobody user=repmgr dbname=repmgr`,
      leads: () => onPrimary(),
    },
    'a URI': {
      conninfo: () => `postgresql://repmgr@127.0.0.1:${primary}/repmgr?application_name=x%20y`,
      leads: () => onPrimary(),
    },
    'a URI with a password': {
      conninfo: () => `postgres://secret:${inUri}@127.0.0.1:${primary}/a%20b`,
      leads: () => onPrimary('secret', 'a b'),
    },
    'a URI with all in its parameters': {
      conninfo: () => `postgresql:///?host=127.0.0.1&port=${primary}&user=it%27s%20me&dbname=repmgr`,
      leads: () => onPrimary("it's me"),
    },
    'a URI with a socket directory': {
      conninfo: () => `postgresql://repmgr@${encodeURIComponent(sockets)}:${primary}/repmgr`,
      leads: () => onPrimary(),
    },
    'a socket directory': {
      conninfo: () => `host=${sockets} port=${primary} user=repmgr dbname=repmgr sslmode=verify-full`,
      leads: () => onPrimary(),
    },
    'an address beside a name that does not exist': {
      conninfo: () => `host=no.such.host hostaddr=127.0.0.1 port=${primary} user=repmgr dbname=repmgr`,
      leads: () => onPrimary(),
    },
    'no database: that of the user': {
      conninfo: () => `host=127.0.0.1 port=${primary} user=repmgr dbname=''`,
      leads: () => onPrimary(),
    },
    'a keyword that does not exist': {
      conninfo: () => `host=127.0.0.1 port=${primary} user=repmgr dbname=repmgr colour=red`,
      leads: () => 'conninfo_invalid',
    },
    'a quote without its end': {
      conninfo: () => `host='127.0.0.1 port=${primary} user=repmgr dbname=repmgr`,
      leads: () => 'conninfo_invalid',
    },
    'a port that is none': {
      conninfo: () => 'host=127.0.0.1 port=70000 user=repmgr dbname=repmgr',
      leads: () => 'conninfo_invalid',
    },
    'an sslmode that does not exist': {
      conninfo: () => `host=127.0.0.1 port=${primary} user=repmgr dbname=repmgr sslmode=maybe`,
      leads: () => 'conninfo_invalid',
    },
    'a connect_timeout that is no number': {
      conninfo: () => `host=127.0.0.1 port=${primary} user=repmgr dbname=repmgr connect_timeout=soon`,
      leads: () => 'conninfo_invalid',
    },
    'three ports for two hosts': {
      conninfo: () => 'host=127.0.0.1,127.0.0.1 port=1,2,3 user=repmgr dbname=repmgr',
      leads: () => 'conninfo_invalid',
    },
    'a port where nobody listens': {
      conninfo: () => 'host=127.0.0.1 port=1 user=repmgr dbname=repmgr',
      leads: () => 'connection_failed',
    },
    'a database that does not exist': {
      conninfo: () => `host=127.0.0.1 port=${primary} user=repmgr dbname=nosuch`,
      leads: () => 'connection_failed',
    },
  };
  it.each(Object.keys(cases))('%s', async (name) => {
    await check(cases[name] as Case);
  });
});

describe('what a conninfo leaves out', () => {
  const user = 'user=repmgr dbname=repmgr';
  it('comes from the environment', async () => {
    const all = () => ({ PGHOST: '127.0.0.1', PGPORT: String(primary), PGUSER: 'repmgr', PGDATABASE: 'a b' });
    await check({
      conninfo: () => 'application_name=x',
      environment: all,
      leads: () => onPrimary('repmgr', 'a b'),
    });
    await check({
      conninfo: () => "user=it\\'s\\ me",
      environment: all,
      leads: () => onPrimary("it's me", 'a b'),
    });
    await check({ conninfo: () => 'port=1', environment: all, leads: () => 'connection_failed' });
    await check({
      conninfo: () => `host=no.such.host ${user}`,
      environment: () => ({ PGHOSTADDR: '127.0.0.1', PGPORT: String(primary) }),
      leads: () => onPrimary(),
    });
    await check({
      conninfo: () => user,
      environment: () => ({ PGHOST: `${sockets},127.0.0.1`, PGPORT: `1,${primary}` }),
      leads: () => onPrimary(),
    });
    await check({
      conninfo: () => 'user=secret dbname=repmgr',
      environment: () => ({ ...all(), PGPASSWORD: password }),
      leads: () => onPrimary('secret'),
    });
    await check({
      conninfo: () => "user=secret dbname=repmgr password='wrong'",
      environment: () => ({ ...all(), PGPASSWORD: password }),
      leads: () => 'password_refused',
    });
    await check({
      conninfo: () => user,
      environment: () => ({ ...all(), PGOPTIONS: '-c nosuchsetting=1' }),
      leads: () => 'connection_failed',
    });
  });

  it('comes from a service, which is stronger than the environment and weaker than the conninfo', async () => {
    const own = await putFile(
      sandbox,
      'home/.pg_service.conf',
      `# comment\n[one]\nhost=127.0.0.1\nport=${primary}\nuser=repmgr\ndbname=repmgr\n\n[two]\nhost=127.0.0.1\nport=${standby}\nuser=repmgr\ndbname=repmgr\n`,
    );
    await check({ conninfo: () => 'service=one', leads: () => onPrimary() });
    await check({ conninfo: () => 'postgresql:///?service=two', leads: () => onStandby() });
    await check({
      conninfo: () => "dbname='a b'",
      environment: () => ({ PGSERVICE: 'one', PGPORT: '1', PGUSER: 'nobody' }),
      leads: () => onPrimary('repmgr', 'a b'),
    });
    await check({ conninfo: () => 'service=three', leads: () => 'conninfo_invalid' });

    const elsewhere = await putFile(
      sandbox,
      'services.conf',
      `[one]\nhost=127.0.0.1\nport=${standby}\nuser=repmgr\ndbname=repmgr\n[odd]\ncolour=red\n`,
    );
    const inFile = () => ({ PGSERVICEFILE: elsewhere });
    await check({ conninfo: () => 'service=one', environment: inFile, leads: () => onStandby() });
    await check({ conninfo: () => 'service=odd', environment: inFile, leads: () => 'conninfo_invalid' });
    await check({
      conninfo: () => 'service=one',
      environment: () => ({ PGSERVICEFILE: `${elsewhere}.missing` }),
      leads: () => 'conninfo_invalid',
    });
    await mkdir(join(sandbox.directory, 'etc'));
    await putFile(
      sandbox,
      'etc/pg_service.conf',
      `[host]\nhost=127.0.0.1\nport=${primary}\nuser=repmgr\n`,
      0o644,
    );
    await check({
      conninfo: () => 'service=host dbname=repmgr',
      environment: () => ({ PGSYSCONFDIR: join(sandbox.directory, 'etc') }),
      leads: () => onPrimary(),
    });
    await rm(own);
  });
});

describe('a password', () => {
  const asSecret = () => `host=127.0.0.1 port=${primary} user=secret dbname=repmgr`;
  const withFile = async (text: string, mode = 0o600) => {
    const path = await putFile(sandbox, 'home/.pgpass', text, mode);
    return () => rm(path);
  };

  it('comes from the conninfo or from ~/.pgpass, where the first line that fits holds', async () => {
    await check({ conninfo: () => `${asSecret()} password=${inQuotes}`, leads: () => onPrimary('secret') });
    await check({ conninfo: asSecret, leads: () => 'password_refused' });
    const remove = await withFile(
      `# comment\n*:1:*:secret:wrong\n127.0.0.1:${primary}:repmgr:secret:${inFile}\n*:*:*:secret:wrong\n`,
    );
    await check({ conninfo: asSecret, leads: () => onPrimary('secret') });
    await check({ conninfo: () => `${asSecret()} password=''`, leads: () => onPrimary('secret') });
    await check({ conninfo: () => `${asSecret()} dbname='a b'`, leads: () => 'password_refused' });
    await check({ conninfo: () => `${asSecret()} password=wrong`, leads: () => 'password_refused' });
    await check({
      conninfo: () => `host=one,two hostaddr=127.0.0.1,127.0.0.1 port=1,${primary} user=secret dbname=repmgr`,
      leads: () => 'password_refused',
    });
    await remove();
  });

  it('for a socket stands in the file under the directory of the socket', async () => {
    const remove = await withFile(`localhost:*:*:*:wrong\n${sockets}:${primary}:*:*:${inFile}\n`);
    await check({
      conninfo: () => `host=${sockets} port=${primary} user=secret dbname=repmgr`,
      leads: () => onPrimary('secret'),
    });
    await remove();
  });

  it('is not taken from a file that others may read, nor from a directory', async () => {
    const remove = await withFile(`*:*:*:*:${inFile}\n`, 0o640);
    await check({ conninfo: asSecret, leads: () => 'password_refused' });
    await remove();
    await mkdir(join(home, '.pgpass'));
    await check({ conninfo: asSecret, leads: () => 'password_refused' });
    await rm(join(home, '.pgpass'), { recursive: true });
  });

  it('comes from the file of passfile or PGPASSFILE, in place of the one at home', async () => {
    const remove = await withFile('*:*:*:*:wrong\n');
    const file = await putFile(sandbox, 'pass words', `*:*:*:*:${inFile}\n`);
    await check({ conninfo: () => `${asSecret()} passfile='${file}'`, leads: () => onPrimary('secret') });
    await check({
      conninfo: asSecret,
      environment: () => ({ PGPASSFILE: file }),
      leads: () => onPrimary('secret'),
    });
    await check({
      conninfo: () => `${asSecret()} passfile='${file}.missing'`,
      leads: () => 'password_refused',
    });
    await remove();
  });
});

describe('several hosts', () => {
  const hosts = (ports: readonly number[], more = '') =>
    `host=${ports.map(() => '127.0.0.1').join(',')} port=${ports.join(',')} user=repmgr dbname=repmgr ${more}`;

  it('are tried in turn: a dead one is passed over, one that refuses ends it', async () => {
    await check({ conninfo: () => hosts([1, standby, primary]), leads: () => onStandby() });
    await check({
      conninfo: () => `postgresql://repmgr@127.0.0.1:1,127.0.0.1:${primary}/repmgr`,
      leads: () => onPrimary(),
    });
    await check({
      conninfo: () => `host=${sockets}/none,${sockets} port=${primary} user=repmgr dbname=repmgr`,
      leads: () => onPrimary(),
    });
    await check({
      conninfo: () => `host=no.such.host,127.0.0.1 port=${primary} user=repmgr dbname=repmgr`,
      leads: () => onPrimary(),
    });
    await check({
      conninfo: () => hosts([primary, standby], 'dbname=nosuch'),
      leads: () => 'connection_failed',
    });
    await check({
      conninfo: () => hosts([primary, standby], 'user=secret password=wrong'),
      leads: () => 'password_refused',
    });
  });

  it('one that accepts and never answers costs its connect_timeout', async () => {
    const silent = await portThatAnswers(() => {});
    const startedAtMs = performance.now();
    await check({ conninfo: () => hosts([silent, primary], 'connect_timeout=2'), leads: () => onPrimary() });
    expect(performance.now() - startedAtMs).toBeLessThan(6_000);
    await check({
      conninfo: () => hosts([silent, standby, primary], 'connect_timeout=2 target_session_attrs=read-write'),
      leads: () => onPrimary(),
    });
  });

  it.each(['any', 'read-write', 'primary', 'read-only', 'standby', 'prefer-standby'])(
    'target_session_attrs=%s finds the server of that kind, whatever the order',
    async (attribute) => {
      const wantsStandby = /read-only|standby/.test(attribute);
      const attributes = `target_session_attrs=${attribute}`;
      await check({
        conninfo: () => hosts([primary, standby], attributes),
        leads: () => (wantsStandby ? onStandby() : onPrimary()),
      });
      await check({
        conninfo: () => hosts([1, standby, primary], attributes),
        leads: () => (wantsStandby || attribute === 'any' ? onStandby() : onPrimary()),
      });
      await check({
        conninfo: () => hosts([primary], attributes),
        leads: () => (wantsStandby && attribute !== 'prefer-standby' ? 'connection_failed' : onPrimary()),
      });
    },
  );

  it('prefer-standby falls back to a primary though the host before it hangs', async () => {
    const silent = await portThatAnswers(() => {});
    await check({
      conninfo: () => hosts([silent, primary], 'connect_timeout=2 target_session_attrs=prefer-standby'),
      leads: () => onPrimary(),
    });
  });
});
