/** Decisions for `repmgr explain` outlive a repmgrd. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DecisionLog } from '../../../src/daemon/report/decision-log.ts';
import type { Explanation } from '../../../src/failover/explanation.ts';
import { limits } from '../../../src/limits.ts';
import type { Logger } from '../../../src/log/logger.ts';
import { OneNode, registered, settingsOf } from '../../failover/support/one-node.ts';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'repmgr-decisions-'));
  path = join(directory, 'orders-1.decisions');
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

const { state } = new OneNode(settingsOf(1, registered(1)));
const lines: string[] = [];
const silent = (): void => {};
const log: Logger = {
  log: silent,
  debug: silent,
  info: silent,
  notice: silent,
  warning: (message) => lines.push(message),
  error: silent,
  isEnabled: () => true,
  close: () => Promise.resolve(),
};

function explanation(sentence: string): Explanation {
  return { rule: 4, decision: 'win', sentence, evidence: { voters: [2, 3], reason: null } };
}

/** A life of repmgrd in which it decides this. @returns what it remembers at its end */
async function live(...sentences: readonly string[]): Promise<readonly string[]> {
  const decisions = new DecisionLog(path, log);
  for (const sentence of sentences) decisions.note(explanation(sentence), state);
  await decisions.close();
  return decisions.kept.map(({ sentence }) => sentence);
}

it('are there in its next life, in their order and with their evidence', async () => {
  await live('leads term 1', 'commits wait');
  expect(await live('leads term 2')).toEqual(['leads term 1', 'commits wait', 'leads term 2']);
  expect(JSON.parse(await readFile(path, 'utf8'))[0]).toMatchObject({
    node: 1,
    evidence: { voters: [2, 3], reason: null },
  });
});

it('are bounded: the oldest are forgotten', async () => {
  const many = Array.from({ length: limits.decisionsKept }, (_, index) => `decision ${index}`);
  await live(...many);
  const kept = await live('the last one');
  expect(kept).toHaveLength(limits.decisionsKept);
  expect([kept[0], kept.at(-1)]).toEqual(['decision 1', 'the last one']);
});

it('begin anew where their file is damaged', async () => {
  await writeFile(path, '[{"at": 1, "sen');
  expect(await live('leads term 2')).toEqual(['leads term 2']);
  await writeFile(path, '[{"at": "then"}]');
  expect(await live('leads term 3')).toEqual(['leads term 3']);
});

it('cost no more than a line of the log where they cannot be written', async () => {
  path = join(directory, 'is', 'not', 'there');
  expect(await live('leads term 1')).toEqual(['leads term 1']);
  expect(lines).toEqual(['the decisions for "repmgr explain" could not be written']);
});
