/** Every promise that is checked, at every step of every history. */
import { BoundedLoss } from './bounded-loss.ts';
import { Convergence } from './convergence.ts';
import { CrashLosesNothing } from './crash-loses-nothing.ts';
import { KeptWords } from './kept-words.ts';
import { LeftToOperator } from './left-to-operator.ts';
import { NeededOnly } from './needed-only.ts';
import { NoRush } from './no-rush.ts';
import { NothingAcknowledgedLost } from './nothing-acknowledged-lost.ts';
import { OneChange } from './one-change.ts';
import { OnePrimary } from './one-primary.ts';
import { OneWinner } from './one-winner.ts';
import { SparingTerms } from './sparing-terms.ts';
import { StableTerms } from './stable-terms.ts';
import { TimelinesApart } from './timelines-apart.ts';
import type { Checker } from './watcher.ts';
import { WinnerHasAll } from './winner-has-all.ts';

export function makeCheckers(): Checker[] {
  return [
    new OnePrimary(),
    new OneWinner(),
    new OneChange(),
    new StableTerms(),
    new KeptWords(),
    new TimelinesApart(),
    new WinnerHasAll(),
    new CrashLosesNothing(),
    new NothingAcknowledgedLost(),
    new BoundedLoss(),
    new NeededOnly(),
    new NoRush(),
    new SparingTerms(),
    new LeftToOperator(),
    new Convergence(),
  ];
}
