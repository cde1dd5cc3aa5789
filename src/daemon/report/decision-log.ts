/** Decisions of the core as lines of the log, and the last of them for `repmgr explain`. */
import type { DecisionView } from '../../api/view.ts';
import type { Decision, Explanation } from '../../failover/explanation.ts';
import type { State } from '../../failover/state.ts';
import { limits } from '../../limits.ts';
import type { Logger, LogLevel } from '../../log/logger.ts';
import { DecisionFile } from './decision-file.ts';

const levels: Readonly<Record<Decision, LogLevel>> = {
  bootstrap: 'NOTICE',
  adoptLeader: 'NOTICE',
  standForElection: 'NOTICE',
  stayOut: 'WARNING',
  grantVote: 'NOTICE',
  refuseVote: 'INFO',
  answerBehind: 'NOTICE',
  win: 'NOTICE',
  giveUp: 'WARNING',
  promote: 'NOTICE',
  promotionDone: 'NOTICE',
  promotionFailed: 'ERROR',
  hold: 'WARNING',
  release: 'NOTICE',
  fence: 'ERROR',
  confirm: 'INFO',
  confirmed: 'INFO',
  yield: 'WARNING',
  restartInPlace: 'WARNING',
  wait: 'INFO',
  startAsStandby: 'NOTICE',
  follow: 'NOTICE',
  rejoin: 'WARNING',
  diverged: 'ERROR',
  freeze: 'INFO',
  unfreeze: 'INFO',
  changeRecord: 'NOTICE',
  recordInForce: 'NOTICE',
  refuseRequest: 'NOTICE',
  pause: 'NOTICE',
  unpause: 'NOTICE',
  suspended: 'WARNING',
  storageFailed: 'ERROR',
  setNames: 'NOTICE',
  ignore: 'DEBUG',
};

/** Where an operator has to go on, unless it passes by itself. */
const hints: Readonly<Partial<Record<Decision, string>>> = {
  stayOut:
    'See who is missing with: repmgr daemon status --detail; where they are gone for good: repmgr standby promote --force',
};

export class DecisionLog {
  readonly #log: Logger;
  readonly #file: DecisionFile;
  #kept: readonly DecisionView[] = [];
  readonly #reading: Promise<void>;
  /** When each sentence was logged last: the same refusal comes several times a second. */
  readonly #logged = new Map<string, number>();

  /** @param path of the file that keeps them over a restart */
  constructor(path: string, log: Logger) {
    this.#log = log;
    this.#file = new DecisionFile(path, (detail) =>
      log.warning('the decisions for "repmgr explain" could not be written', { detail }),
    );
    this.#reading = this.#remember();
  }

  get kept(): readonly DecisionView[] {
    return this.#kept;
  }

  async close(): Promise<void> {
    await this.#reading;
    await this.#file.close();
  }

  note(explanation: Explanation, { settings, durable, role, now }: State): void {
    // A candidate that only prepares has chosen no term yet.
    const hasOwn = role.kind === 'leader' || (role.kind === 'candidate' && role.stage === 'asking');
    const term = hasOwn ? role.term : durable.term;
    const repeats = this.#isRepeated(explanation.sentence, now.monotonicMs);
    if (repeats) return;
    const decision = { ...explanation, at: now.wallMs, node: settings.self, term };
    this.#kept = [...this.#kept.slice(1 - limits.decisionsKept), decision];
    void this.#reading.then(() => this.#file.keep(() => this.#kept));
    const parts = { detail: detailOf(explanation), hint: hints[explanation.decision] };
    this.#log.log(levels[explanation.decision], explanation.sentence, parts);
  }

  async #remember(): Promise<void> {
    const earlier = await this.#file.read();
    this.#kept = [...earlier, ...this.#kept].slice(-limits.decisionsKept);
  }

  #isRepeated(sentence: string, now: number): boolean {
    const last = this.#logged.get(sentence);
    if (last !== undefined && now - last < limits.decisionRepeatMs) return true;
    if (this.#logged.size >= limits.decisionsKept) this.#logged.clear();
    this.#logged.set(sentence, now);
    return false;
  }
}

function detailOf({ rule, evidence }: Explanation): string {
  const facts = Object.entries(evidence).map(([name, value]) => `${name}=${String(value)}`);
  return [`rule ${rule}`, ...facts].join(', ');
}
