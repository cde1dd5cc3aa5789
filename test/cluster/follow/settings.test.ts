import { expect, it } from 'vitest';
import { followConninfo, settingsBefore } from '../../../src/cluster/follow/settings.ts';
import type { FollowWish } from '../../../src/cluster/follow/wish.ts';
import { parseConninfo } from '../../../src/model/conninfo.ts';
import { serverVersion } from '../../../src/postgres/version.ts';
import { id } from '../disagreements/a-cluster.ts';
import { plainReplication } from './a-follow.ts';

function written(
  changes: Partial<FollowWish['replication']>,
  current?: string,
  upstream: Readonly<Record<string, string>> = { host: 'node2', user: 'repmgr', dbname: 'repmgr' },
) {
  const wish = {
    node: { id: id(3), name: 'node3', clusterName: 'test', conninfo: { user: 'own' } },
    replication: { ...plainReplication, ...changes },
  };
  const settings = current === undefined ? undefined : { primary_conninfo: current };
  const text = followConninfo(wish, upstream, { version: serverVersion(150_018), settings });
  const parsed = parseConninfo(text);
  return parsed.kind === 'parsed' ? parsed.conninfo : {};
}

it('reaches the upstream as its row says, under the own name', () => {
  expect(written({})).toMatchObject({ host: 'node2', user: 'repmgr', application_name: 'node3' });
  expect(written({})).not.toHaveProperty('dbname');
  expect(written({}, undefined, { host: 'node2' })).toMatchObject({ user: 'own' });
  expect(written({ user: 'replicator' })).toMatchObject({ user: 'replicator' });
  expect(written({ extras: { sslmode: 'require' } })).toMatchObject({ sslmode: 'require' });
});

it('keeps the credentials in use for the same role, and no others', () => {
  const current = "host=node1 user=repmgr password=hush sslcert=/c.crt options='-c x=1' passfile=/p";
  expect(written({}, current)).toMatchObject({ password: 'hush', sslcert: '/c.crt', passfile: '/p' });
  expect(written({}, current)).not.toHaveProperty('options');
  expect(written({ user: 'replicator' }, current)).not.toHaveProperty('password');
  expect(written({ withoutPassword: true }, current)).not.toHaveProperty('password');
  expect(written({ password: 'new' }, current)).toMatchObject({ password: 'new' });
  expect(written({ passfile: '/other' }, current)).toMatchObject({ passfile: '/other' });
  expect(written({}, current, { host: 'node2', user: 'repmgr', password: 'row' })).toMatchObject({
    password: 'row',
  });
  expect(written({}, 'not a conninfo =')).not.toHaveProperty('password');
});

it('puts back what stood in the file, and takes away what did not', () => {
  expect(
    settingsBefore(
      { primary_conninfo: 'new', primary_slot_name: 'slot' },
      { primary_conninfo: 'old', port: '1' },
    ),
  ).toEqual({ primary_conninfo: 'old', primary_slot_name: undefined });
});
