import { describe, expect, it } from 'vitest';
import { planClone } from '../../../src/cluster/clone/plan.ts';
import { serverVersion } from '../../../src/postgres/version.ts';
import {
  aDirectory,
  aSource,
  aTarget,
  aWish,
  copyingBy,
  oldNode,
  pgBasebackup,
  primaryNode,
  someFacts,
} from './a-clone.ts';

const textsOf = (...args: Parameters<typeof planClone>) => planClone(...args).steps.map(({ text }) => text);
const remarksOf = (...args: Parameters<typeof planClone>) =>
  planClone(...args).remarks.map(({ level, message }) => `${level}: ${message}`);

describe('the plan of a clone', () => {
  it('copies into an empty place, and puts the copy there as the last thing of importance', () => {
    expect(textsOf(someFacts(), aWish({ usesSlot: true }))).toEqual([
      'create replication slot "repmgr_slot_2" on the source node1:5432',
      'prepare the directory "/data"',
      'copy the data directory of node1:5432 (1 GB) with the method protocol',
      'write the recovery settings',
      'put the copy in place in "/data"',
      'remove the temporary directory of the copy',
    ]);
  });

  it('keeps what it replaces aside until the end, and the configuration of the node for good', () => {
    expect(textsOf(someFacts({ target: aTarget(oldNode) }), aWish({ mayReplace: true }))).toEqual([
      'move aside what is in "/data", to be kept until the clone is done',
      'copy the data directory of node1:5432 (1 GB) with the method protocol',
      'keep the configuration files of this node',
      'write the recovery settings',
      'put the copy in place in "/data"',
      'remove what was moved aside',
    ]);
  });

  it('clears away first what an interrupted clone left', () => {
    const target = aTarget({ kind: 'empty' }, { interrupted: { isRunning: false, replaced: undefined } });
    expect(textsOf(someFacts({ target }), aWish())[0]).toBe(
      'clear away what an interrupted clone left in "/data"',
    );
  });

  it('copies tablespaces to where they are mapped', () => {
    const source = aSource({
      tablespaces: [
        { name: 'pg_default', location: '', sizeBytes: 1 },
        { name: 'fast', location: '/fast', sizeBytes: 1 },
      ],
    });
    const wish = copyingBy('protocol', { tablespaceMapping: [{ from: '/fast', to: '/new' }] });
    const plan = planClone(
      someFacts({ source, tablespaceTargets: new Map([['/fast', aDirectory('/new')]]) }),
      wish,
    );
    expect(plan.tablespaces).toEqual([{ from: '/fast', to: '/new' }]);
    expect(plan.steps.map(({ text }) => text)).toContain(
      'copy the data directory and 1 tablespace of node1:5432 (2 bytes) with the method protocol',
    );
  });

  it('refuses to map what is no tablespace, and names those that are', () => {
    const wish = copyingBy('protocol', { tablespaceMapping: [{ from: '/slow', to: '/new' }] });
    const facts = someFacts({ tablespaceTargets: new Map([['/fast', aDirectory('/fast')]]) });
    expect(() => planClone(facts, wish)).toThrow(
      expect.objectContaining({
        code: 'clone_options_contradict',
        detail: expect.stringContaining('"/fast"'),
      }),
    );
  });
});

describe('the method of the copy', () => {
  const methodOf = (...args: Parameters<typeof planClone>) => planClone(...args).method;

  it('is pg_basebackup where nobody says otherwise and there is one', () => {
    expect(methodOf(someFacts({ programs: pgBasebackup() }), copyingBy(undefined))).toMatchObject({
      name: 'pg_basebackup',
      wal: { kind: 'stream' },
    });
  });

  it.each([
    ['there is none', { pgBasebackup: undefined, pgVerifybackup: undefined, postgres: undefined }],
    ['it is too old for the source', pgBasebackup(140_000)],
  ])('is the protocol where %s, with a NOTICE that says why', (_why, programs) => {
    expect(methodOf(someFacts({ programs }), copyingBy(undefined)).name).toBe('protocol');
    expect(remarksOf(someFacts({ programs }), copyingBy(undefined))).toContainEqual(
      expect.stringMatching(/^notice: the copy is made by the protocol, since .*pg_basebackup/),
    );
  });

  it.each([
    ['command_missing', { pgBasebackup: undefined, pgVerifybackup: undefined, postgres: undefined }],
    ['server_version_differs', pgBasebackup(140_000)],
  ])('is an error, %s, where a pg_basebackup was asked for that cannot do it', (code, programs) => {
    expect(() => planClone(someFacts({ programs }), copyingBy('pg_basebackup'))).toThrow(
      expect.objectContaining({ code, exitCode: 1 }),
    );
  });

  it('is pg_basebackup with --verify-backup where pg_verifybackup is there, which then compares', () => {
    const programs = {
      ...pgBasebackup(),
      pgVerifybackup: { file: 'verify', version: serverVersion(150_018) },
    };
    const facts = someFacts({ programs });
    const wish = copyingBy(undefined, { isVerified: true });
    expect(methodOf(facts, wish)).toMatchObject({ name: 'pg_basebackup', verifier: { file: 'verify' } });
    expect(textsOf(facts, wish)).toContain('compare the copy with its manifest by pg_verifybackup');
    expect(textsOf(facts, copyingBy(undefined))).not.toContainEqual(expect.stringContaining('verify'));
    expect(methodOf(someFacts({ programs: pgBasebackup() }), wish).name).toBe('protocol');
  });

  it('cannot be verified without pg_verifybackup, without a manifest, or before PostgreSQL 13', () => {
    const wish = copyingBy('pg_basebackup', { isVerified: true });
    const refusals = [
      [someFacts({ programs: pgBasebackup() }), 'command_missing'],
      [someFacts({ programs: pgBasebackup(150_018, '--no-manifest') }), 'clone_options_contradict'],
      [someFacts({ source: aSource({ version: serverVersion(120_000) }) }), 'clone_options_contradict'],
    ] as const;
    for (const [facts, code] of refusals) {
      expect(() => planClone(facts, wish)).toThrow(expect.objectContaining({ code }));
    }
  });

  it('may be a newer pg_basebackup than the source', () => {
    expect(methodOf(someFacts({ programs: pgBasebackup(180_001) }), copyingBy('pg_basebackup')).name).toBe(
      'pg_basebackup',
    );
  });

  it('is never the protocol before PostgreSQL 10', () => {
    const source = aSource({ version: serverVersion(90_624) });
    expect(() => planClone(someFacts({ source }), copyingBy('protocol'))).toThrow(
      expect.objectContaining({ code: 'clone_source_unsuitable' }),
    );
  });

  it('streams WAL through the slot of the standby, unless the user sees to it', () => {
    const walOf = (...words: string[]) =>
      methodOf(someFacts({ programs: pgBasebackup(150_018, ...words) }), {
        ...copyingBy('pg_basebackup'),
        usesSlot: true,
      });
    expect(walOf()).toMatchObject({ wal: { kind: 'slot', name: 'repmgr_slot_2' } });
    expect(walOf('-S', 'mine')).toMatchObject({ wal: { kind: 'stream' } });
    expect(walOf('-X', 'fetch')).toMatchObject({ wal: { kind: 'as the user says' } });
  });

  it('does without a slot where the source has none left, with a WARNING', () => {
    const source = aSource({ settings: { ...aSource().settings, max_replication_slots: '0' } });
    const facts = someFacts({ source, programs: pgBasebackup() });
    expect(methodOf(facts, copyingBy('pg_basebackup'))).toMatchObject({
      wal: { kind: 'stream without slot' },
    });
    expect(methodOf(facts, copyingBy('protocol'))).toMatchObject({ usesTemporarySlot: false });
    expect(remarksOf(facts, copyingBy('protocol'))).toContainEqual(
      expect.stringMatching(/^warning: the source has no free replication slot/),
    );
  });

  it('keeps WAL by the new slot itself, but not by one that was there before', () => {
    const keeps = (slots: ReturnType<typeof aSource>['slots']) =>
      methodOf(someFacts({ source: aSource({ slots }) }), aWish({ usesSlot: true }));
    expect(keeps([])).toMatchObject({ usesTemporarySlot: false });
    expect(
      keeps([{ name: 'repmgr_slot_2', kind: 'physical', isActive: false, isLost: false }]),
    ).toMatchObject({
      usesTemporarySlot: true,
    });
  });

  it('passes on the old names of options in their new form, with a NOTICE', () => {
    const facts = someFacts({ programs: pgBasebackup(150_018, '--xlog-method=stream') });
    expect(remarksOf(facts, copyingBy('pg_basebackup'))).toContain(
      'notice: pg_basebackup_options: since PostgreSQL 10 --xlog-method is called --wal-method',
    );
  });

  it('ignores pg_basebackup_options with the protocol, with a WARNING', () => {
    const wish = copyingBy('protocol', { pgBasebackupOptions: '--max-rate=1M' });
    expect(remarksOf(someFacts(), wish)).toContain(
      'warning: pg_basebackup_options have no effect on --backup-method=protocol',
    );
  });
});

describe('the slot of the new standby', () => {
  const slot = { name: 'repmgr_slot_2', kind: 'physical', isActive: false, isLost: false } as const;
  const wish = aWish({ usesSlot: true });

  it('that is there and unused is taken over', () => {
    const plan = planClone(someFacts({ source: aSource({ slots: [slot] }) }), wish);
    expect(plan.slot).toMatchObject({ name: 'repmgr_slot_2', isNew: false });
  });

  it.each([
    ['in use', { ...slot, isActive: true }],
    ['logical', { ...slot, kind: 'logical' as const }],
  ])('that is %s is an error', (_what, existing) => {
    expect(() => planClone(someFacts({ source: aSource({ slots: [existing] }) }), wish)).toThrow(
      expect.objectContaining({ code: 'slot_unavailable', exitCode: 7 }),
    );
  });

  it('needs a free one on the upstream', () => {
    const settings = { ...aSource().settings, max_replication_slots: '1' };
    const source = aSource({ settings, slots: [{ ...slot, name: 'other' }] });
    expect(() => planClone(someFacts({ source }), wish)).toThrow(
      expect.objectContaining({
        code: 'clone_source_unsuitable',
        hint: expect.stringContaining('max_replication_slots'),
      }),
    );
  });

  it('is made on the upstream where that is another server than the source', () => {
    const upstream = {
      kind: 'node',
      node: { ...primaryNode, id: 3, name: 'node3' } as typeof primaryNode,
      conninfo: { host: 'node3' },
      server: {
        kind: 'other',
        systemIdentifier: '7000000000000000001',
        major: '15',
        slots: [],
        maxReplicationSlots: 10,
      },
    } as const;
    const plan = planClone(someFacts({ upstream }), wish);
    expect(plan.slot).toMatchObject({ holder: { host: 'node3' }, isOnSource: false });
    expect(plan.method).toMatchObject({ usesTemporarySlot: true });
  });

  it('is none without repmgr.conf', () => {
    const plan = planClone(someFacts({ upstream: { kind: 'source' } }), { ...wish, node: undefined });
    expect(plan.slot).toBeUndefined();
    expect(plan.recoverySettings).toMatchObject({
      primary_conninfo: expect.stringContaining('application_name=repmgr'),
    });
  });
});
