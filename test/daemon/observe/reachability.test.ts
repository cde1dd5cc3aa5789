import { describe, expect, it } from 'vitest';
import { meaningOf, withoutAnswer } from '../../../src/daemon/observe/reachability.ts';
import { failure } from '../../../src/errors.ts';
import type { AttemptFailure } from '../../../src/postgres/connection-attempt.ts';

function refusal(kind: AttemptFailure['kind'], code?: string, reason = 'no') {
  const target = { host: 'h', port: 5432 };
  return failure('connection_failed', {
    message: 'could not connect',
    cause: { kind, target, code, reason },
  });
}

describe('what a failure to connect to the own server means', () => {
  it.each([
    [refusal('refused', '57P03', 'the database system is starting up'), 'ready', 'starting'],
    [refusal('refused', '57P03', 'the database system is in recovery mode'), 'ready', 'starting'],
    [refusal('refused', '57P03', 'the database system is shutting down'), '', 'stopping'],
    [refusal('refused', '57P03', 'anything'), 'stopping', 'stopping'],
    [refusal('refused', '53300', 'sorry, too many clients already'), 'ready', 'alive'],
    [refusal('refused', '28000'), 'ready', 'alive'],
    [failure('password_refused', { message: 'no' }), 'ready', 'alive'],
    [refusal('unreachable', 'ECONNREFUSED'), 'ready', 'silent'],
    [refusal('unreachable', 'ECONNREFUSED'), 'starting', 'starting'],
    [refusal('timeout'), 'ready', 'silent'],
    [refusal('timeout', 'EAI_AGAIN'), 'ready', 'alive'],
    [refusal('unreachable', 'ENOTFOUND'), 'ready', 'alive'],
    [refusal('unreachable', 'ENOTFOUND'), 'starting', 'starting'],
    [refusal('timeout'), 'stopping', 'stopping'],
    [failure('connection_lost', { message: 'lost' }), 'ready', 'silent'],
  ] as const)('%# is %s with %s', (error, status, meaning) => {
    expect(meaningOf(error, status)).toBe(meaning);
  });
});

describe('a server without an answer', () => {
  it.each([
    ['stopping', true, 'running', { condition: 'shuttingDown', keepsLast: true }],
    ['alive', true, 'running', { condition: 'running', keepsLast: true }],
    ['starting', false, 'running', { condition: 'starting', keepsLast: false }],
    ['starting', true, undefined, { condition: 'hanging', keepsLast: false }],
    ['silent', false, 'running', { condition: 'running', keepsLast: true }],
    ['silent', false, undefined, { condition: 'starting', keepsLast: true }],
    ['silent', true, 'running', { condition: 'hanging', keepsLast: true }],
  ] as const)('%s, late: %j, before: %s', (answer, isLate, last, expected) => {
    expect(withoutAnswer(answer, isLate, last)).toEqual(expected);
  });
});
