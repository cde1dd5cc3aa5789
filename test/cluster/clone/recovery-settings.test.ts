import { describe, expect, it } from 'vitest';
import { recoverySettings } from '../../../src/cluster/clone/recovery-settings.ts';
import { parseConninfo } from '../../../src/model/conninfo.ts';
import { aSource, aWish, someFacts } from './a-clone.ts';

const { replication, recovery } = aWish();

function conninfoOf(...args: Parameters<typeof recoverySettings>): Readonly<Record<string, string>> {
  const parsed = parseConninfo(recoverySettings(...args)['primary_conninfo'] ?? '');
  if (parsed.kind === 'invalid') throw new Error(parsed.reason);
  return parsed.conninfo;
}

describe('the recovery settings of a clone', () => {
  it('hold what was asked for, and nothing of the source', () => {
    const wish = aWish({
      recovery: {
        minApplyDelay: '5min',
        restoreCommand: "cp '/archive/%f' %p",
        archiveCleanupCommand: undefined,
      },
    });
    expect(recoverySettings(wish, someFacts(), 'repmgr_slot_2')).toMatchObject({
      primary_slot_name: 'repmgr_slot_2',
      recovery_min_apply_delay: '5min',
      restore_command: "cp '/archive/%f' %p",
      archive_cleanup_command: undefined,
      recovery_target_timeline: 'latest',
      recovery_end_command: undefined,
      recovery_target_time: undefined,
    });
    expect(recoverySettings(aWish(), someFacts(), undefined)).toMatchObject({
      primary_slot_name: undefined,
      restore_command: undefined,
    });
    expect(recovery).toBeDefined();
  });

  it('lead to the upstream, not to the server that was copied', () => {
    const upstream = {
      kind: 'node',
      node: { ...someFacts().metadata, conninfo: '' } as never,
      conninfo: { host: 'node3', port: '5433' },
      server: { kind: 'source' },
    } as const;
    expect(conninfoOf(aWish(), { source: aSource(), upstream }, undefined)).toMatchObject({
      host: 'node3',
      port: '5433',
      user: 'repmgr',
      application_name: 'node2',
    });
  });

  it('lead to the source where no metadata name another server', () => {
    const source = aSource({ conninfo: { host: 'node1', port: '5432', user: 'repmgr', sslmode: 'require' } });
    const wish = aWish({ node: undefined, source: { host: 'node1', password: 'secret' } });
    expect(conninfoOf(wish, { source, upstream: { kind: 'source' } }, undefined)).toMatchObject({
      host: 'node1',
      sslmode: 'require',
      password: 'secret',
      application_name: 'repmgr',
    });
  });

  it('call the standby as its own conninfo says, else by its name', () => {
    const { node } = aWish();
    const named = node && { ...node, conninfo: { application_name: 'walreader' } };
    expect(conninfoOf(aWish({ node: named }), someFacts(), undefined)).toMatchObject({
      application_name: 'walreader',
    });
  });

  it('are word for word what --upstream-conninfo says', () => {
    const wish = aWish({ replication: { ...replication, primaryConninfo: 'host=x  user=y' } });
    expect(recoverySettings(wish, someFacts(), undefined)['primary_conninfo']).toBe('host=x  user=y');
  });

  it('hold the password of PGPASSWORD only where use_primary_conninfo_password gives it', () => {
    expect(conninfoOf(aWish(), someFacts(), undefined)).not.toHaveProperty('password');
    const given = { ...replication, password: 'secret' };
    expect(conninfoOf(aWish({ replication: given }), someFacts(), undefined)).toMatchObject({
      password: 'secret',
    });
    const unwanted = { ...given, withoutPassword: true };
    expect(conninfoOf(aWish({ replication: unwanted }), someFacts(), undefined)).not.toHaveProperty(
      'password',
    );
  });
});
