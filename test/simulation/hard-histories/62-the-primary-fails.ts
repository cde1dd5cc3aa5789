/** What other managers test against: ways in which a primary, or its host, fails. */
import type { Fault } from '../history/faults.ts';
import {
  all,
  failsOver,
  isRestartedInPlace,
  nobodyDecidesTo,
  nobodyIsPromoted,
  servesAllTheTime,
} from './expectations.ts';
import { type NamedHistory, toldOf } from './named-history.ts';

const longMs = 25_000;
const undisturbed = all(servesAllTheTime(1), nobodyDecidesTo('hold', 'fence', 'promote'));

const crash: Fault = { kind: 'killPostmaster', atMs: 6_000, target: 1, orphansMs: 0 };

export const thePrimaryFails: NamedHistory = {
  name: '62 the primary fails',
  rules: '5, 6, 7, 14',
  variants: [
    toldOf('the postmaster is killed', [crash], failsOver()),
    toldOf(
      'all standbys lag too far behind to take over',
      [
        { kind: 'stopPostgres', atMs: 0, target: 2, forMs: 8_000 },
        { kind: 'stopPostgres', atMs: 0, target: 3, forMs: 8_000 },
        crash,
      ],
      isRestartedInPlace(1),
      {
        settings: { failoverMaxLagBytes: 1_000, walTailTimeoutMs: 0, reconnectMs: 30_000 },
        options: { clients: { intervalMs: 50, commitBytes: 1_000 } },
      },
    ),
    toldOf('its host is gone', [{ kind: 'losePower', atMs: 0, target: 1, forMs: longMs }], failsOver()),
    toldOf(
      'its host is gone, of two, without a witness',
      [{ kind: 'losePower', atMs: 0, target: 1, forMs: longMs }],
      nobodyIsPromoted,
      { nodes: 2, options: { serviceStartMs: 500 }, quietAtMs: 60_000 },
    ),
    toldOf(
      'its host is gone, of two with a witness',
      [{ kind: 'losePower', atMs: 0, target: 1, forMs: longMs }],
      failsOver(),
      { hasWitness: true },
    ),
    toldOf(
      'its processes are stopped',
      [{ kind: 'stopPostgres', atMs: 0, target: 1, forMs: longMs }],
      failsOver(),
    ),
    toldOf(
      'its postmaster is stopped',
      [{ kind: 'stopPostmaster', atMs: 0, target: 1, forMs: longMs }],
      failsOver(),
    ),
    toldOf(
      'its repmgrd is stopped',
      [{ kind: 'stopRepmgrd', atMs: 0, target: 1, forMs: 12_000 }],
      servesAllTheTime(1),
    ),
    toldOf(
      'its repmgrd is stopped, and it is cut off',
      [
        { kind: 'stopRepmgrd', atMs: 0, target: 1, forMs: longMs },
        { kind: 'isolate', atMs: 400, target: 1, forMs: longMs },
      ],
      failsOver(),
    ),
    toldOf('its repmgrd is killed', [{ kind: 'killRepmgrd', atMs: 0, target: 1, forMs: 1_000 }], undisturbed),
    toldOf('it is cut off', [{ kind: 'isolate', atMs: 0, target: 1, forMs: longMs }], failsOver()),
    toldOf(
      'its virtual machine stands still for a minute',
      [{ kind: 'suspendHost', atMs: 0, target: 1, forMs: 60_000, isHidden: false }],
      failsOver(),
      { quietAtMs: 65_000 },
    ),
    toldOf(
      'its disk is full',
      [{ kind: 'failDisk', atMs: 0, target: 1, isStateDisk: false, forMs: longMs }],
      failsOver(),
      { hosts: { 1: { hasOneDisk: false } } },
    ),
    toldOf(
      'the disk of its state is full',
      [{ kind: 'failDisk', atMs: 0, target: 1, isStateDisk: true, forMs: longMs }],
      undisturbed,
      { hosts: { 1: { hasOneDisk: false } } },
    ),
    toldOf(
      'its disk hangs',
      [{ kind: 'hangDisk', atMs: 0, target: 1, isStateDisk: false, forMs: longMs }],
      failsOver(),
    ),
    toldOf(
      'all its connections are taken',
      [{ kind: 'fillConnections', atMs: 0, target: 1, forMs: longMs }],
      undisturbed,
    ),
    toldOf(
      'it is restarted by an administrator',
      [{ kind: 'shutDown', atMs: 0, target: 1, forMs: 5_000 }],
      nobodyIsPromoted,
    ),
    toldOf(
      'it is stopped by an administrator, and stays so',
      [{ kind: 'shutDown', atMs: 0, target: 1, forMs: longMs }],
      failsOver(),
      { settings: { shutdownGraceMs: 5_000 } },
    ),
  ],
};
