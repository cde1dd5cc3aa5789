import { describe, expect, it } from 'vitest';
import { readDurable } from '../../src/daemon/durable-schema.ts';
import { emptyDurable } from '../../src/failover/initial-state.ts';
import { durableOfVoter, registered } from '../failover/support/one-node.ts';
import { Stage } from '../failover/support/stage.ts';

describe('the state file', () => {
  it('is read back as it was written, whatever the node went through', () => {
    const stage = new Stage(3, { settings: { voterRemovalMs: 20_000 } });
    stage.run(1_000);
    stage.crash(1, 500);
    stage.run(2_000);
    stage.request(2, { kind: 'pause', lengthMs: 5_000, reason: 'any' });
    stage.run(1_000);
    stage.kill(3);
    stage.run(60_000);
    for (const { file } of stage.members) {
      expect(readDurable(JSON.parse(JSON.stringify(file)))).toEqual(file);
    }
    expect(readDurable(JSON.parse(JSON.stringify(emptyDurable)))).toEqual(emptyDurable);
  });

  it('is not believed where anything is missing, added or of another kind', () => {
    const whole = durableOfVoter(registered(3));
    for (const key of Object.keys(whole)) {
      const { [key as keyof typeof whole]: _, ...rest } = whole;
      expect(readDurable(rest), key).toBeUndefined();
    }
    expect(readDurable({ ...whole, format: 2 })).toBeUndefined();
    expect(readDurable({ ...whole, term: '1' })).toBeUndefined();
    expect(readDurable({ ...whole, more: 1 })).toBeUndefined();
    expect(readDurable('nonsense')).toBeUndefined();
  });
});
