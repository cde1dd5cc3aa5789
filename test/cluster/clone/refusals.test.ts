import { describe, expect, it } from 'vitest';
import type { CloneFacts } from '../../../src/cluster/clone/inspect.ts';
import { planClone } from '../../../src/cluster/clone/plan.ts';
import type { CloneWish } from '../../../src/cluster/clone/wish.ts';
import { failure } from '../../../src/errors.ts';
import type { NodeId } from '../../../src/model/node.ts';
import { serverVersion } from '../../../src/postgres/version.ts';
import {
  aDirectory,
  aSource,
  aTarget,
  aWish,
  copyingBy,
  gigabyte,
  oldNode,
  pgBasebackup,
  primaryNode,
  someFacts,
  sourceWith,
} from './a-clone.ts';

function refusal(facts: CloneFacts, wish: CloneWish = aWish()) {
  try {
    planClone(facts, wish);
  } catch (error) {
    return error;
  }
  throw new Error('the plan was made');
}

const refused = (code: string, text: string) =>
  expect.objectContaining({
    code,
    exitCode: 1,
    message: expect.stringContaining(text),
    detail: expect.any(String),
    hint: expect.any(String),
  });

describe('a source is refused', () => {
  it.each([
    ['wal_level', 'minimal'],
    ['max_wal_senders', '0'],
    ['hot_standby', 'off'],
  ])('for %s = %s', (name, value) => {
    expect(refusal(someFacts({ source: sourceWith({ [name]: value }) }))).toEqual(
      refused('clone_source_unsuitable', `${name} = ${value}`),
    );
  });

  it('that archives to nowhere, but not one whose archive_command is hidden', () => {
    const nowhere = sourceWith({ archive_mode: 'on', archive_command: '' });
    expect(refusal(someFacts({ source: nowhere }))).toEqual(refused('clone_source_unsuitable', 'archive'));
    expect(() => planClone(someFacts({ source: sourceWith({ archive_mode: 'on' }) }), aWish())).not.toThrow();
    const library = sourceWith({ archive_mode: 'on', archive_command: '', archive_library: 'basic_archive' });
    expect(() => planClone(someFacts({ source: library }), aWish())).not.toThrow();
  });

  it('that keeps fewer WAL segments than -w asks for, unless a slot keeps them', () => {
    const facts = someFacts({ source: sourceWith({ wal_keep_size: '1GB' }) });
    expect(() => planClone(facts, aWish({ walKeepSegments: 64 }))).not.toThrow();
    expect(refusal(facts, aWish({ walKeepSegments: 65 }))).toEqual(
      refused('clone_source_unsuitable', 'fewer than 65 segments'),
    );
    expect(() => planClone(facts, aWish({ walKeepSegments: 65, usesSlot: true }))).not.toThrow();
  });

  it('of PostgreSQL 12 by its wal_keep_segments', () => {
    const source = {
      ...sourceWith({ wal_keep_segments: '10' }),
      version: serverVersion(120_022),
    };
    expect(refusal(someFacts({ source }), aWish({ walKeepSegments: 11 }))).toEqual(
      refused('clone_source_unsuitable', 'fewer than 11 segments'),
    );
  });

  it('that keeps no WAL for a copy that does not stream it', () => {
    const facts = someFacts({ programs: pgBasebackup(150_018, '-X', 'fetch') });
    const wish = copyingBy('pg_basebackup');
    expect(refusal(facts, wish)).toEqual(refused('clone_source_unsuitable', 'nothing keeps the WAL'));
    const recovery = { ...wish.recovery, restoreCommand: 'cp /archive/%f %p' };
    expect(() => planClone(facts, { ...wish, recovery })).not.toThrow();
  });

  it.each([
    [0, 'protocol', 1],
    [1, 'pg_basebackup', 1],
    [0, 'pg_basebackup', 2],
  ] as const)('with %d free WAL senders for %s: it wants %d more', (freeWalSenders, method, missing) => {
    const source = aSource({ replication: { ...aSource().replication, freeWalSenders } });
    const facts = someFacts({ source, programs: pgBasebackup() });
    const error = refusal(facts, copyingBy(method));
    expect(error).toEqual(refused('clone_source_unsuitable', 'too few free WAL senders'));
    expect(error).toHaveProperty('hint', expect.stringContaining(`by at least ${missing}`));
  });

  it('that refuses replication connections, with its own reason', () => {
    const reason = failure('connection_failed', { message: 'no pg_hba.conf entry' });
    const replication = { identity: undefined, refusal: reason, freeWalSenders: 0 } as const;
    expect(refusal(someFacts({ source: aSource({ replication }) }))).toBe(reason);
  });

  it.each([
    [90_324, { recovery: { ...aWish().recovery, minApplyDelay: '5min' } }, 'recovery_min_apply_delay'],
    [90_624, { replication: { ...aWish().replication, passfile: '/pass' } }, 'passfile'],
  ])('of version %d for what it does not have', (number, parts, text) => {
    const source = { ...sourceWith({ wal_level: 'hot_standby' }), version: serverVersion(number) };
    expect(refusal(someFacts({ source }), aWish(parts))).toEqual(refused('clone_options_contradict', text));
  });

  it('of another major version than the server program of this host', () => {
    const postgres = { file: '/bin/postgres', version: serverVersion(140_000) };
    expect(refusal(someFacts({ programs: { ...someFacts().programs, postgres } }))).toEqual(
      refused('server_version_differs', 'another major version'),
    );
  });
});

describe('a target is refused', () => {
  const running = { ...oldNode, serverProcessId: 4711 };
  const otherCluster = { ...oldNode, systemIdentifier: '7000000000000000002' };
  it.each([
    ['clone_target_unusable', 'is not empty', aTarget(oldNode), false],
    ['clone_target_unusable', 'server is running', aTarget(running), true],
    ['system_identifier_differs', 'another PostgreSQL cluster', aTarget(otherCluster), true],
    ['clone_target_unusable', 'is not empty', aTarget({ kind: 'foreign', example: 'thesis.doc' }), true],
    ['clone_target_unusable', 'is not empty', aTarget({ kind: 'tablespace' }), true],
    ['clone_target_unusable', 'not a directory', aTarget({ kind: 'not a directory' }), true],
    ['clone_target_unusable', 'cannot be read', aTarget({ kind: 'unreadable', reason: 'EACCES' }), true],
    [
      'clone_target_unusable',
      'belongs to another user',
      { ...aTarget(), ...aDirectory('/data', { kind: 'empty' }, { isOwnedByUs: false, ownerUid: 12_345 }) },
      true,
    ],
    [
      'clone_target_unusable',
      'cannot be written',
      { ...aTarget(), ...aDirectory('/data', { kind: 'absent' }, { isWritable: false, isOwnedByUs: false }) },
      true,
    ],
    [
      'clone_target_unusable',
      'another clone is being made',
      aTarget({ kind: 'empty' }, { interrupted: { isRunning: true, replaced: undefined } }),
      true,
    ],
    [
      'clone_target_unusable',
      'is not empty',
      aTarget(oldNode, { interrupted: { isRunning: false, replaced: '/data/repmgr_clone_replaced' } }),
      false,
    ],
  ])('%s: %s', (code, text, target, mayReplace) => {
    expect(refusal(someFacts({ target }), aWish({ mayReplace }))).toEqual(refused(code, text));
  });

  it('where the directory of a tablespace holds something that is not of this node', () => {
    const space = aDirectory('/fast', { kind: 'tablespace' });
    const facts = (ownTablespaces: readonly string[]) =>
      someFacts({
        target: aTarget(oldNode, { ownTablespaces }),
        tablespaceTargets: new Map([['/fast', space]]),
      });
    expect(refusal(facts([]), aWish({ mayReplace: true }))).toEqual(
      refused('clone_target_unusable', 'for the tablespace in "/fast"'),
    );
    expect(() => planClone(facts(['/fast']), aWish({ mayReplace: true }))).not.toThrow();
  });

  it('where two directories would be one', () => {
    const tablespaceTargets = new Map([
      ['/fast', aDirectory('/new')],
      ['/slow', aDirectory('/new')],
    ]);
    expect(refusal(someFacts({ tablespaceTargets }))).toEqual(
      refused('clone_options_contradict', 'two directories'),
    );
  });

  it('that is too small, counting what shares a device together', () => {
    const source = aSource({
      tablespaces: [
        { name: 'pg_default', location: '', sizeBytes: 6 * gigabyte },
        { name: 'fast', location: '/fast', sizeBytes: 6 * gigabyte },
      ],
    });
    const facts = (device: number) =>
      someFacts({
        source,
        tablespaceTargets: new Map([['/fast', aDirectory('/fast', { kind: 'absent' }, { device })]]),
      });
    expect(() => planClone(facts(2), aWish())).not.toThrow();
    expect(refusal(facts(1))).toEqual(refused('clone_target_too_small', '/data'));
  });
});

describe('an upstream is refused', () => {
  it('that is not registered', () => {
    const upstream = { kind: 'not registered', id: 9 as NodeId } as const;
    expect(refusal(someFacts({ upstream }))).toEqual(refused('upstream_not_registered', 'ID 9'));
  });

  it('that nobody knows, unless --force says that the source will do', () => {
    const facts = someFacts({ upstream: { kind: 'unknown', reasons: ['"node1": connection refused'] } });
    expect(refusal(facts)).toEqual(refused('primary_not_found', 'no primary answers'));
    expect(() => planClone(facts, aWish({ mayReplace: true }))).not.toThrow();
  });

  it('that has the id of the node itself, or is a witness', () => {
    const upstreamOf = (node: typeof primaryNode) =>
      ({ kind: 'node', node, conninfo: {}, server: { kind: 'source' } }) as const;
    const self = upstreamOf({ ...primaryNode, id: 2 as NodeId });
    const witness = upstreamOf({ ...primaryNode, role: 'witness' });
    expect(refusal(someFacts({ upstream: self }))).toEqual(refused('upstream_unusable', 'cannot be'));
    expect(refusal(someFacts({ upstream: witness }))).toEqual(refused('upstream_unusable', 'cannot be'));
  });

  it('of another cluster', () => {
    const server = {
      kind: 'other',
      systemIdentifier: '7000000000000000002',
      major: '15',
      slots: [],
      maxReplicationSlots: 10,
    } as const;
    const upstream = { kind: 'node', node: primaryNode, conninfo: {}, server } as const;
    expect(refusal(someFacts({ upstream }))).toEqual(
      refused('system_identifier_differs', 'belongs to another cluster'),
    );
  });

  it('that does not answer where its slot is needed; else there is a WARNING', () => {
    const reason = failure('connection_failed', { message: 'down', detail: 'refused' });
    const server = { kind: 'unreachable', reason } as const;
    const facts = someFacts({ upstream: { kind: 'node', node: primaryNode, conninfo: {}, server } });
    expect(refusal(facts, aWish({ usesSlot: true }))).toMatchObject({
      code: 'connection_failed',
      exitCode: 6,
    });
    expect(planClone(facts, aWish()).remarks).toContainEqual(
      expect.objectContaining({ level: 'warning', message: expect.stringContaining('does not answer') }),
    );
  });

  it('where the source has no metadata, unless --force does without', () => {
    const facts = someFacts({ metadata: { kind: 'missing' }, upstream: { kind: 'source' } });
    expect(refusal(facts)).toEqual(refused('schema_missing', 'no metadata'));
    expect(() => planClone(facts, aWish({ mayReplace: true }))).not.toThrow();
  });
});
