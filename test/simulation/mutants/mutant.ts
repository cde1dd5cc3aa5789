/** A deliberately broken rule. It exists in the simulation's bundle only, by replacing a piece of the core's text. */
export interface Mutant {
  readonly name: string;
  /** `from` must stand in the file exactly once. */
  readonly changes: readonly { readonly file: string; readonly from: string; readonly to: string }[];
  /** The promises one of which it must break. */
  readonly caughtBy: readonly string[];
  /** Counted from seed 1. */
  readonly withinHistories: number;
}
