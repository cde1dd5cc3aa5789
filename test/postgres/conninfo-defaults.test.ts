import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConninfo, resolveConninfo } from '../../src/postgres/conninfo-defaults.ts';
import { findService } from '../../src/postgres/service-file.ts';

describe('resolveConninfo', () => {
  let directory = '';
  let serviceFile = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'repmgr-service-'));
    serviceFile = join(directory, 'services.conf');
    await writeFile(serviceFile, '# ours\n[other]\nhost=wrong\n\n[cluster]\nhost=of-service\nport=5433\n');
    await writeFile(join(directory, 'pg_service.conf'), '[system]\nhost=of-system\n');
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('takes the given value before that of the service, the environment and the defaults', async () => {
    const environment = {
      PGSERVICEFILE: serviceFile,
      PGHOST: 'of-environment',
      PGPORT: '5434',
      PGUSER: 'of-environment',
      PGCONNECT_TIMEOUT: '7',
    };
    expect(await resolveConninfo({ service: 'cluster', port: '5435' }, environment)).toEqual({
      service: 'cluster',
      servicefile: serviceFile,
      host: 'of-service',
      port: '5435',
      user: 'of-environment',
      dbname: 'of-environment',
      connect_timeout: '7',
    });
  });

  it('looks for a service in the file of the host after that of the user', async () => {
    const environment = { PGSERVICE: 'system', PGSERVICEFILE: serviceFile, PGSYSCONFDIR: directory };
    expect((await resolveConninfo({}, environment))['host']).toBe('of-system');
  });

  it('names the files in which a service was looked for', async () => {
    const environment = { PGSERVICEFILE: serviceFile, PGSYSCONFDIR: directory };
    await expect(resolveConninfo({ service: 'nowhere' }, environment)).rejects.toMatchObject({
      code: 'conninfo_invalid',
      message: 'definition of service "nowhere" not found',
      detail: `Looked for in "${serviceFile}", "${join(directory, 'pg_service.conf')}".`,
    });
  });

  it('does not replace an empty value by that of the environment', async () => {
    expect((await resolveConninfo({ host: '' }, { PGHOST: 'node1' }))['host']).toBe('');
  });

  it('connects as the user of the operating system, to the database of that name', async () => {
    const name = userInfo().username;
    expect(await resolveConninfo({}, {})).toEqual({ user: name, dbname: name });
  });

  it('has require from the old PGREQUIRESSL', async () => {
    expect((await resolveConninfo({}, { PGREQUIRESSL: '1' }))['sslmode']).toBe('require');
  });
});

describe('service files', () => {
  it.each([
    ['[a]\nhost', /line 2/],
    ['[a]\nhots=x', /line 2/],
    ['[a]\n\nservice=b', /line 3/],
  ])('%j is refused with its line', (text, expected) => {
    expect(() => findService(text, 'a', 'f')).toThrow(expected);
  });

  it('end a section at the next one, and keep the first of two values', () => {
    expect(findService('[a]\nhost=1\nhost=2\n[b]\nport=3\n[a]\nport=4', 'a', 'f')).toEqual({ host: '1' });
  });
});

it('says where a connection string cannot be understood', () => {
  expect(() => readConninfo('host=a nonsense=b')).toThrow(
    expect.objectContaining({
      code: 'conninfo_invalid',
      exitCode: 1,
      detail: 'At character 8: invalid connection option "nonsense".',
    }),
  );
});
