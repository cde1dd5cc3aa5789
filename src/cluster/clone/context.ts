/** What each step of a clone works with. */
import type { Logger } from '../../log/logger.ts';
import type { CloneFacts } from './inspect.ts';
import type { ClonePlan } from './plan.ts';
import type { CloneWish } from './wish.ts';

export interface CloneContext {
  readonly wish: CloneWish;
  readonly facts: CloneFacts;
  readonly plan: ClonePlan;
  readonly log: Logger;
  readonly progress: CopyProgress;
  readonly signal: AbortSignal;
}

/** Undoes one step; logs what it did, or what remains, and never throws. */
export type Undo = () => Promise<void>;

/** How far the copy is, in bytes. */
export interface CopyProgress {
  onStart(totalBytes: number): void;
  onProgress(copiedBytes: number): void;
  onEnd(isDone: boolean): void;
}
