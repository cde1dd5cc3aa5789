/** The primary's disk fails under PostgreSQL, and its repmgrd answers. */
import { type NamedHistory, tell } from './named-history.ts';

export const aTailNobodyCanRead: NamedHistory = {
  name: '35 a tail nobody can read',
  rules: '7',
  variants: [false, true].map((hasStateDisk) => ({
    name: hasStateDisk ? 'the state lies elsewhere' : 'the state lies on the same disk',
    options: tell({
      nodes: 3,
      hosts: { 1: { hasOneDisk: !hasStateDisk } },
      faults: [{ kind: 'failDisk', atMs: 1_000, target: 1, isStateDisk: false, forMs: 20_000 }],
      quietAtMs: 22_000,
    }),
  })),
};
