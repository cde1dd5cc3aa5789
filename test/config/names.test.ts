import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { identifyName } from '../../src/config/names.ts';
import { parameterNames } from '../../src/config/parameters.ts';
import { countEdits } from '../../src/model/edit-distance.ts';

describe('a misspelt name is recognised', () => {
  test.each([
    ['reconect_attempts', 'reconnect_attempts'],
    ['reconnect_atempt', 'reconnect_attempts'],
    ['reconnection_attempts', 'reconnect_attempts'],
    ['reconnect-attempts', 'reconnect_attempts'],
    ['Reconnect_Attempts', 'reconnect_attempts'],
    ['master_repsonse_timeout', 'master_response_timeout'],
    ['node_id_', 'node_id'],
    ['coninfo', 'conninfo'],
    ['promote_cmd', 'promote_command'],
    ['nodes', 'node'],
    ['event_notification_comand.pager', 'event_notification_command.pager'],
  ])('%s is meant to be %s', (name, knownName) => {
    expect(identifyName(name)).toEqual({ kind: 'resembling', knownName });
  });

  test.each(['foo', 'wal_keep_size', 'nod_nam', 'timeout', 'constructor', 'node.x'])(
    '%s resembles nothing',
    (name) => {
      expect(identifyName(name)).toEqual({ kind: 'unknown' });
    },
  );

  test('every known name is itself, and one wrong letter in it never goes unnoticed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...parameterNames()), fc.nat(), (name, position) => {
        const index = position % name.length;
        const misspelt = `${name.slice(0, index)}~${name.slice(index + 1)}`;
        expect(identifyName(name)).toMatchObject({ kind: 'known' });
        expect(identifyName(misspelt)).toMatchObject({ kind: 'resembling' });
      }),
    );
  });

  test('a named variant belongs to its parameter', () => {
    expect(identifyName('event_notifications.pager-2')).toMatchObject({ kind: 'known', variant: 'pager-2' });
  });
});

describe('edits', () => {
  test.each([
    ['', '', 0],
    ['a', '', 1],
    ['abc', 'acb', 1],
    ['abc', 'abd', 1],
    ['kitten', 'sitting', 3],
  ])('%j to %j takes %d', (left, right, edits) => {
    expect(countEdits(left, right)).toBe(edits);
  });

  test('they are the same in both directions, and no more than the longer text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (left, right) => {
        expect(countEdits(left, right)).toBe(countEdits(right, left));
        expect(countEdits(left, right)).toBeLessThanOrEqual(Math.max(left.length, right.length));
      }),
    );
  });
});
