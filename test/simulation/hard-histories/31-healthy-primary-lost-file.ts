/** The primary's state directory is wiped and its repmgrd restarted; everything else is well. */
import { findComplaint } from '../checkers/health.ts';
import { type NamedHistory, tell } from './named-history.ts';

export const healthyPrimaryLostFile: NamedHistory = {
  name: '31 healthy primary, lost file',
  rules: '3, 12',
  variants: [3, 2].map((nodes) => ({
    name: `${nodes} nodes`,
    options: tell({ nodes, faults: [{ kind: 'loseState', atMs: 1_000, target: 1 }], quietAtMs: 5_000 }),
    complaint: (world) => findComplaint(world, () => false),
  })),
};
