import { describe, expect, it } from 'vitest';
import { type AttachFacts, planAttach } from '../../../src/cluster/clone/attach-plan.ts';
import type { ControlFile } from '../../../src/postgres/control-file.ts';
import { aSource, aTarget, aWish, oldNode, someFacts } from './a-clone.ts';

function aCopy(parts: Partial<AttachFacts> = {}): AttachFacts {
  return {
    ...someFacts({ target: aTarget(oldNode) }),
    control: undefined,
    hasBackupLabel: true,
    slotName: undefined,
    ...parts,
  };
}

const running = aTarget({ ...oldNode, serverProcessId: 4711 } as typeof oldNode);
const slotsOfNode2 = (isActive: boolean) =>
  aSource({ slots: [{ name: 'repmgr_slot_2', kind: 'physical', isActive, isLost: false }] });

describe('the plan for a copy made by other means', () => {
  it('is to write settings that lead to the upstream, and the slot first', () => {
    const plan = planAttach(aCopy(), aWish({ usesSlot: true }));
    expect(plan.steps.map(({ text }) => text)).toEqual([
      'create replication slot "repmgr_slot_2" on the source node1:5432',
      'write the recovery settings in "/data"',
    ]);
    expect(plan.recoverySettings).toEqual({
      recovery_target_timeline: 'latest',
      primary_conninfo: expect.stringContaining('application_name=node2'),
      primary_slot_name: 'repmgr_slot_2',
    });
  });

  it('removes the slot of old settings where none is wanted, and leaves other settings alone', () => {
    const { recoverySettings } = planAttach(aCopy(), aWish());
    expect(Object.keys(recoverySettings).toSorted()).toEqual([
      'primary_conninfo',
      'primary_slot_name',
      'recovery_target_timeline',
    ]);
    expect(recoverySettings['primary_slot_name']).toBeUndefined();
  });

  it('refuses a server that runs, unless by force; that one keeps the slot that it streams from', () => {
    const facts = aCopy({ target: running, slotName: 'repmgr_slot_2', source: slotsOfNode2(true) });
    expect(() => planAttach(facts, aWish({ usesSlot: true }))).toThrow(
      expect.objectContaining({ code: 'clone_target_unusable', detail: 'Its process id is 4711.' }),
    );
    const plan = planAttach(facts, aWish({ usesSlot: true, mayReplace: true }));
    expect(plan).toMatchObject({ slot: undefined, isRunning: true });
    expect(plan.recoverySettings['primary_slot_name']).toBe('repmgr_slot_2');
  });

  it('refuses a slot that another standby uses', () => {
    const wish = aWish({ usesSlot: true, mayReplace: true });
    const others = [
      aCopy({ source: slotsOfNode2(true) }),
      aCopy({ source: slotsOfNode2(true), target: running }),
    ];
    for (const facts of others) {
      expect(() => planAttach(facts, wish)).toThrow(expect.objectContaining({ code: 'slot_unavailable' }));
    }
  });

  it.each([
    ['shut down', false, true],
    ['in production', false, true],
    ['in production', true, false],
    ['shut down in recovery', false, false],
  ] as const)(
    'of a server that was "%s", with backup_label: %s, warns of a former primary: %s',
    (state, hasBackupLabel, isWarned) => {
      const control = { state } as ControlFile;
      const { remarks } = planAttach(aCopy({ control, hasBackupLabel }), aWish());
      expect(remarks.some(({ message }) => message.includes('was a primary'))).toBe(isWarned);
    },
  );
});
