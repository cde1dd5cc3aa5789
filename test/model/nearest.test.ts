import { expect, it } from 'vitest';
import { nearest } from '../../src/model/nearest.ts';

const verbs = ['clone', 'register', 'unregister', 'promote', 'follow', 'status', 'start', 'stop'];

it.each([
  ['promot', 'promote'],
  ['PROMOTE', 'promote'],
  ['regsiter', 'register'],
  ['clnoe', 'clone'],
  ['sta', undefined],
  ['stat', 'status'],
  ['unreg', 'unregister'],
  ['x', undefined],
  ['frobnicate', undefined],
])('%s may have meant %s', (word, meant) => {
  expect(nearest(word, verbs)).toBe(meant);
});
