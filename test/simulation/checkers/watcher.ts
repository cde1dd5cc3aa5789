/** What a checker can listen to, and the bell that it rings. Each checker holds one promise of the design. */
import type { Durable } from '../../../src/failover/durable.ts';
import type { Event } from '../../../src/failover/events.ts';
import type { Message } from '../../../src/failover/messages.ts';
import type { State } from '../../../src/failover/state.ts';
import type { StepResult } from '../../../src/failover/step.ts';
import type { NodeId } from '../../../src/model/node.ts';
import type { Daemon } from '../daemon/daemon.ts';
import type { PostgresServer } from '../postgres/server.ts';
import type { WayToWritable } from '../postgres/server-habits.ts';
import type { Branch } from '../world/wal.ts';
import type { World } from '../world/world.ts';
import type { Fault } from '../history/faults.ts';

export interface Checker {
  readonly name: string;
  begun?(world: World): void;
  becameWritable?(world: World, server: PostgresServer, how: WayToWritable): void;
  noLongerWritable?(world: World, server: PostgresServer): void;
  acknowledged?(world: World, server: PostgresServer, branch: Branch, lsn: number): void;
  walReceived?(world: World, server: PostgresServer, upstream: PostgresServer): void;
  corrupted?(world: World, server: PostgresServer, upstream: PostgresServer): void;
  stepped?(world: World, daemon: Daemon, before: State, event: Event, result: StepResult): void;
  persisted?(world: World, daemon: Daemon, before: Durable | undefined, after: Durable): void;
  messageSent?(world: World, from: NodeId, to: NodeId, message: Message): void;
  daemonStopped?(world: World, daemon: Daemon): void;
  promotionCalled?(world: World, daemon: Daemon, term: number): void;
  guardFenced?(world: World, daemon: Daemon): void;
  operatorAnswered?(world: World, requestId: string, isAccepted: boolean): void;
  /** Something was begun though the primary served and a quorum reached it. */
  needless?(world: World, what: Needless): void;
  faultBegan?(world: World, fault: Fault, node: number | undefined): void;
  faultEnded?(world: World, fault: Fault, node: number | undefined): void;
  /** The faults are over, everything is repaired. */
  quiet?(world: World): void;
  ended?(world: World): void;
}

export type Needless = 'failover' | 'fence' | 'hold';

export interface Violation {
  readonly checker: string;
  readonly atMs: number;
  readonly text: string;
}

type Hook = Exclude<keyof Checker, 'name'>;
type Arguments<Name extends Hook> = Parameters<NonNullable<Checker[Name]>>;

/** Passes everything on to the checkers that want it. */
export class Watchers {
  readonly violations: Violation[] = [];
  readonly #checkers: readonly Checker[];

  constructor(checkers: readonly Checker[]) {
    this.#checkers = checkers;
  }

  violated(world: World, checker: Checker, text: string): void {
    this.violations.push({ checker: checker.name, atMs: world.schedule.now, text });
    world.narrate(`VIOLATION of ${checker.name}: ${text}`);
    world.schedule.stop();
  }

  begun = this.#passer('begun');
  becameWritable = this.#passer('becameWritable');
  noLongerWritable = this.#passer('noLongerWritable');
  acknowledged = this.#passer('acknowledged');
  walReceived = this.#passer('walReceived');
  corrupted = this.#passer('corrupted');
  stepped = this.#passer('stepped');
  persisted = this.#passer('persisted');
  messageSent = this.#passer('messageSent');
  daemonStopped = this.#passer('daemonStopped');
  promotionCalled = this.#passer('promotionCalled');
  guardFenced = this.#passer('guardFenced');
  operatorAnswered = this.#passer('operatorAnswered');
  needless = this.#passer('needless');
  faultBegan = this.#passer('faultBegan');
  faultEnded = this.#passer('faultEnded');
  quiet = this.#passer('quiet');
  ended = this.#passer('ended');

  #passer<Name extends Hook>(name: Name): (...passed: Arguments<Name>) => void {
    let listeners: Checker[] | undefined;
    return (...passed) => {
      listeners ??= this.#checkers.filter((checker) => checker[name] !== undefined);
      for (const listener of listeners) (listener[name] as (...all: Arguments<Name>) => void)(...passed);
    };
  }
}
