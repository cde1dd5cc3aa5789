/** A deliberately broken rule. It exists in the simulation's bundle only, by replacing a piece of text in the source. */
export interface Mutant {
  /** As in the list of the design. */
  readonly name: string;
  readonly changes: readonly Change[];
  /** Names of the checkers one of which must see it. */
  readonly caughtBy: readonly string[];
  /** Numbers of the hard histories that are played first; then histories are drawn from seed 1 on. */
  readonly stories: readonly string[];
  /** All in all; it has to be caught by then. */
  readonly withinHistories: number;
}

export interface Change {
  readonly file: string;
  /** Must stand in the file exactly once. */
  readonly from: string;
  readonly to: string;
}

/** A change in the core. */
export function inCore(file: string, from: string, to: string): Change {
  return { file: `src/failover/${file}.ts`, from, to };
}

/** A change in what the daemon or the guard does for the core. */
export function inDriver(file: string, from: string, to: string): Change {
  return { file: `test/simulation/daemon/${file}.ts`, from, to };
}
