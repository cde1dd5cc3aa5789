/** Histories that drawn seeds broke once, told anew so that they stay what they are when histories are drawn otherwise. */
import type { NamedHistory } from '../hard-histories/named-history.ts';
import { aLookFromBefore } from './a-look-from-before.ts';
import { asleepAgain } from './asleep-again.ts';
import { asleepForAMoment } from './asleep-for-a-moment.ts';
import { branchesWithoutAServer } from './branches-without-a-server.ts';
import { cutOffBesideAGuard } from './cut-off-beside-a-guard.ts';
import { electedAndNeverPromoted } from './elected-and-never-promoted.ts';
import { heldOverACrash } from './held-over-a-crash.ts';
import { nobodyFetches } from './nobody-fetches.ts';
import { promotedWhileFenced } from './promoted-while-fenced.ts';
import { rejoinsInVain } from './rejoins-in-vain.ts';
import { startedInsteadOfPromoted } from './started-instead-of-promoted.ts';
import { strayedAndAsked } from './strayed-and-asked.ts';
import { twoWithoutAQuorum } from './two-without-a-quorum.ts';

export const regressions: readonly NamedHistory[] = [
  rejoinsInVain,
  twoWithoutAQuorum,
  branchesWithoutAServer,
  asleepForAMoment,
  asleepAgain,
  cutOffBesideAGuard,
  electedAndNeverPromoted,
  promotedWhileFenced,
  aLookFromBefore,
  strayedAndAsked,
  heldOverACrash,
  startedInsteadOfPromoted,
  nobodyFetches,
];
