import { describe, expect, it } from 'vitest';
import type { CloneFacts } from '../../../src/cluster/clone/inspect.ts';
import { planClone } from '../../../src/cluster/clone/plan.ts';
import type { SourceHostFacts } from '../../../src/cluster/clone/source-host.ts';
import { serverVersion } from '../../../src/postgres/version.ts';
import {
  aDirectory,
  aSource,
  aTarget,
  aWish,
  copyingBy,
  gigabyte,
  oldNode,
  someFacts,
  sourceWith,
} from './a-clone.ts';

const sourceHost: SourceHostFacts = {
  target: { host: 'node1', user: undefined, options: undefined },
  rsync: {
    options: { words: ['--archive'], translations: [] },
    missingFunctions: [],
    postmasterPort: '5432',
    said: '',
  },
  externalFiles: [],
};
const settings = { port: '5432' };
const source = (parts = settings) => sourceWith(parts);
const facts = (parts: Partial<CloneFacts> = {}) => someFacts({ source: source(), sourceHost, ...parts });
const wish = copyingBy('rsync');
const refusal = (...args: Parameters<typeof planClone>): unknown => {
  try {
    planClone(...args);
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('the plan of a copy by rsync', () => {
  it('needs no WAL sender, and a temporary slot that keeps WAL', () => {
    const { replication } = aSource();
    const planned = planClone(
      facts({ source: { ...source(), replication: { ...replication, freeWalSenders: 0 } } }),
      wish,
    );
    expect(planned.method).toEqual({
      name: 'rsync',
      target: sourceHost.target,
      sourceDirectory: '/data',
      options: ['--archive'],
      usesTemporarySlot: true,
    });
    expect(planned.remarks.filter(({ level }) => level === 'warning')).toEqual([]);
  });

  it('does without a temporary slot where the new slot of the standby keeps WAL on the source', () => {
    expect(planClone(facts(), { ...wish, usesSlot: true }).method).toMatchObject({
      usesTemporarySlot: false,
    });
    const full = facts({ source: source({ ...settings, max_replication_slots: '0' } as typeof settings) });
    const planned = planClone(full, wish);
    expect(planned.method).toMatchObject({ usesTemporarySlot: false });
    expect(planned.remarks.map(({ message }) => message)).toContain(
      'the source has no free replication slot to keep its WAL while it is copied',
    );
  });

  it('asks for kept WAL where there are no temporary slots', () => {
    const old = (kept: string): CloneFacts =>
      facts({
        source: {
          ...source({ ...settings, wal_level: 'replica', wal_keep_segments: kept } as typeof settings),
          version: serverVersion(90_624),
        },
      });
    expect(refusal(old('0'), wish)).toMatchObject({
      code: 'clone_source_unsuitable',
      message: 'nothing keeps the WAL that the copy needs',
    });
    expect(planClone(old('5000'), wish).method).toMatchObject({ usesTemporarySlot: false });
  });

  it('refuses a standby before 9.6, where a backup is exclusive', () => {
    const standby = {
      ...source({ ...settings, wal_level: 'hot_standby', wal_keep_segments: '100' } as typeof settings),
      isInRecovery: true,
      version: serverVersion(90_525),
    };
    expect(refusal(facts({ source: standby }), wish)).toMatchObject({
      message: 'a standby of this version cannot be copied by rsync',
    });
  });

  it('refuses a host on which another server has that directory', () => {
    const rsync = { ...sourceHost.rsync, postmasterPort: '5433' } as SourceHostFacts['rsync'];
    expect(refusal(facts({ sourceHost: { ...sourceHost, rsync } }), wish)).toMatchObject({
      message: 'the server in "/data" on host "node1" is another one than the source',
      detail: 'It listens on port 5433, the source on 5432.',
    });
  });

  it('asks for no room where it takes over what is there, but does for a tablespace that is new', () => {
    const small = { freeBytes: gigabyte / 2 };
    const target = { ...aTarget(oldNode), ...aDirectory('/data', oldNode, small) };
    const again = { ...wish, mayReplace: true };
    expect(refusal(facts({ target }), again)).toBeUndefined();
    expect(refusal(someFacts({ target }), aWish({ mayReplace: true }))).toMatchObject({
      code: 'clone_target_too_small',
    });
    const tablespaces = [...source().tablespaces, { name: 'fast', location: '/fast', sizeBytes: gigabyte }];
    const tablespaceTargets = new Map([['/fast', aDirectory('/fast', { kind: 'empty' }, small)]]);
    expect(
      refusal(facts({ target, tablespaceTargets, source: { ...source(), tablespaces } }), again),
    ).toMatchObject({ code: 'clone_target_too_small' });
  });

  it('tells which old names in rsync_options it has translated', () => {
    const options = { words: [], translations: ['"pg_xlog" is called "pg_wal"'] };
    const rsync = { ...sourceHost.rsync, options } as SourceHostFacts['rsync'];
    expect(planClone(facts({ sourceHost: { ...sourceHost, rsync } }), wish).remarks).toContainEqual({
      level: 'notice',
      message: 'rsync_options: since PostgreSQL 10 "pg_xlog" is called "pg_wal"',
    });
  });

  it('cannot be verified by a manifest', () => {
    expect(refusal(facts(), copyingBy('rsync', { isVerified: true }))).toMatchObject({
      code: 'clone_options_contradict',
    });
  });
});
