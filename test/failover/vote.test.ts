import { describe, expect, it } from 'vitest';
import {
  at,
  durableOfVoter,
  heartbeatOf,
  lsn,
  node,
  OneNode,
  positionAt,
  pathOf,
  recordOf,
  registered,
  settingsOf,
  standbyServer,
  term,
  voteRequestOf,
} from './support/one-node.ts';

const nodes = registered(3);
const detached = standbyServer({ receiver: null });

/** Node 2 of three, whose lease to node 1 has run out, with WAL that stood still for as long. */
function voterAfterLease(): OneNode {
  const voter = new OneNode(settingsOf(2, nodes, { priority: 0 }));
  voter.start(durableOfVoter(nodes));
  voter.observe(detached);
  voter.pass(5_100);
  voter.observe(detached);
  return voter;
}

function nobodyAnswers(voter: OneNode): void {
  voter.finish('askServers', { kind: 'serversAnswered', answers: [[node(1), 'silent']] });
}

describe('a voter (rule 3)', () => {
  it('freezes and asks the servers before it answers', () => {
    const voter = voterAfterLease();
    voter.receive(3, voteRequestOf(nodes));
    expect(voter.did('freeze')).toBe(true);
    expect(voter.did('askServers')).toBe(true);
    expect(voter.sent('voteAnswer')).toEqual([]);
  });

  it('stores what the freeze replaces before it freezes', () => {
    const voter = voterAfterLease();
    const actions = voter.receive(3, voteRequestOf(nodes));
    expect(actions.map(({ kind }) => kind).indexOf('persist')).toBe(0);
    expect(voter.state.durable.frozen?.primaryConninfo).toBe('host=node1');
  });

  it('stores its vote, then grants it, and from then on has a lease with the candidate', () => {
    const voter = voterAfterLease();
    voter.receive(3, voteRequestOf(nodes));
    nobodyAnswers(voter);
    const actions = voter.freezeEnds();
    expect(voter.sent('voteAnswer')[0]?.outcome).toEqual({ kind: 'granted' });
    expect(actions.map(({ kind }) => kind).slice(0, 2)).toEqual(['persist', 'send']);
    expect(voter.state.durable.vote).toEqual({ term: 2, candidate: 3, confirms: null });
    expect(voter.state.lease).toMatchObject({ kind: 'granted', holder: 3, endsAt: voter.now + 5_000 });
  });

  it('refuses while its lease is in force', () => {
    const voter = new OneNode(settingsOf(2, nodes));
    voter.start(durableOfVoter(nodes));
    voter.observe(detached);
    voter.receive(3, voteRequestOf(nodes));
    expect(voter.sent('voteAnswer')[0]?.outcome).toEqual({ kind: 'refused', refusal: 'leaseInForce' });
  });

  it('counts a lease as begun now when repmgrd starts, and as a minute after a boot', () => {
    const voter = new OneNode(settingsOf(2, nodes));
    voter.start(durableOfVoter(nodes));
    expect(voter.state.lease).toMatchObject({ endsAt: voter.now + 5_000 });
    voter.start(durableOfVoter(nodes), { bootId: 'boot 2' });
    expect(voter.state.lease).toMatchObject({ endsAt: voter.now + 60_000 });
  });

  it('refuses where WAL came in between two looks, and goes on replicating', () => {
    const voter = voterAfterLease();
    voter.receive(3, voteRequestOf(nodes, { position: positionAt(2_000) }));
    nobodyAnswers(voter);
    voter.freezeEnds(1_100);
    expect(voter.sent('voteAnswer')[0]?.outcome).toEqual({ kind: 'refused', refusal: 'walMoved' });
    expect(voter.did('unfreeze')).toBe(true);
    expect(voter.state.durable.vote?.term).toBe(1);
  });

  it('says in a pre-vote for how long its WAL has to stand still yet', () => {
    const voter = voterAfterLease();
    voter.observe(standbyServer({ receiver: null, endOfWal: lsn(1_100) }));
    voter.pass(1_000);
    const request = {
      kind: 'statusRequest',
      round: 1,
      highestTerm: term(1),
      record: recordOf(nodes),
    } as const;
    voter.receive(3, request);
    expect(voter.sent('statusAnswer')[0]).toMatchObject({ refusal: 'walMoved', leaseLeftMs: 4_000 });
    voter.pass(4_000);
    voter.receive(3, request);
    expect(voter.sent('statusAnswer')[0]).toMatchObject({ refusal: null, leaseLeftMs: 0 });
  });

  it('refuses while a server answers as a writable primary', () => {
    const voter = voterAfterLease();
    voter.receive(3, voteRequestOf(nodes));
    voter.freezeEnds();
    voter.finish('askServers', { kind: 'serversAnswered', answers: [[node(1), 'writable']] });
    expect(voter.sent('voteAnswer')[0]?.outcome).toEqual({ kind: 'refused', refusal: 'primaryAnswers' });
  });

  it('takes an error of the primary for a sign of life, but not one of another node', () => {
    const asked = (id: number) => {
      const voter = voterAfterLease();
      voter.receive(3, voteRequestOf(nodes));
      voter.freezeEnds();
      voter.finish('askServers', { kind: 'serversAnswered', answers: [[node(id), 'alive']] });
      return voter.sent('voteAnswer')[0]?.outcome;
    };
    expect(asked(1)).toEqual({ kind: 'refused', refusal: 'primaryAnswers' });
    expect(asked(3)).toEqual({ kind: 'granted' });
  });

  it('answers "behind" to a candidate that lacks WAL, and is bound by it: frozen, the term stored', () => {
    const voter = voterAfterLease();
    voter.receive(3, voteRequestOf(nodes, { position: positionAt(900) }));
    nobodyAnswers(voter);
    voter.freezeEnds();
    expect(voter.sent('voteAnswer')[0]).toMatchObject({
      outcome: { kind: 'behind' },
      position: { lsn: 1_000 },
    });
    expect(voter.state.durable.term).toBe(2);
    expect(voter.state.durable.frozen?.boundTerm).toBe(2);
    voter.receive(1, heartbeatOf(nodes));
    expect(voter.sent('heartbeatRefused')[0]?.reason).toBe('higherTerm');
    expect(voter.did('unfreeze')).toBe(false);
  });

  it('votes once a term, and for the same candidate again', () => {
    const voter = voterAfterLease();
    voter.receive(3, voteRequestOf(nodes));
    nobodyAnswers(voter);
    voter.freezeEnds();
    voter.receive(3, voteRequestOf(nodes));
    expect(voter.sent('voteAnswer')[0]?.outcome).toEqual({ kind: 'granted' });
    voter.receive(1, voteRequestOf(nodes));
    expect(voter.sent('voteAnswer')[0]?.outcome).toEqual({ kind: 'refused', refusal: 'votedForAnother' });
  });

  it('refuses an older record and answers with its own', () => {
    const voter = voterAfterLease();
    voter.start(durableOfVoter(nodes, { record: recordOf(nodes, 2) }));
    voter.observe(detached);
    voter.pass(5_100);
    voter.receive(3, voteRequestOf(nodes));
    expect(voter.sent('voteAnswer')[0]).toMatchObject({
      outcome: { kind: 'refused', refusal: 'olderRecord' },
      record: { version: { term: 1, number: 2 } },
    });
  });

  it('refuses while the end of its WAL is not known', () => {
    const voter = voterAfterLease();
    voter.observe(standbyServer({ receiver: null, endIsExact: false, primaryConninfo: 'host=node1' }));
    voter.receive(3, voteRequestOf(nodes));
    expect(voter.sent('voteAnswer')[0]?.outcome).toEqual({ kind: 'refused', refusal: 'lowerBound' });
  });

  it('asks nobody and wants no second look after a yield of its leader, but freezes', () => {
    const voter = new OneNode(settingsOf(2, nodes, { priority: 0 }));
    voter.start(durableOfVoter(nodes));
    voter.observe(standbyServer());
    voter.receive(1, {
      kind: 'yield',
      term: term(1),
      upToTerm: term(1),
      reason: 'crash',
      promotionCalled: true,
      position: positionAt(1_000),
      successor: null,
    });
    voter.receive(3, voteRequestOf(nodes));
    expect(voter.did('askServers')).toBe(false);
    voter.freezeEnds();
    expect(voter.sent('voteAnswer')[0]?.outcome).toEqual({ kind: 'granted' });
  });

  it.each([
    {
      words: 'grants a writable candidate whose own look is older than what streams in from it',
      upstream: 3,
    },
    { words: 'refuses a writable candidate that lacks WAL which came from another', upstream: 1 },
  ])('$words', ({ upstream }) => {
    const voter = new OneNode(settingsOf(2, nodes, { priority: 0 }));
    voter.start(durableOfVoter(nodes));
    const receiver = { upstream: node(upstream), receivedLsn: lsn(1_200) };
    voter.observe(standbyServer({ endOfWal: lsn(1_200), receiver }));
    voter.pass(5_100);
    voter.receive(3, voteRequestOf(nodes, { purpose: 'writable', position: positionAt(1_000) }));
    if (upstream === 3) nobodyAnswers(voter);
    const refused = { kind: 'refused', refusal: 'candidateDiverged' };
    expect(voter.sent('voteAnswer')[0]?.outcome).toEqual(upstream === 3 ? { kind: 'granted' } : refused);
  });

  it('lets a late yield end no newer lease', () => {
    const voter = voterAfterLease();
    voter.receive(1, heartbeatOf(nodes, { term: term(4), record: recordOf(nodes, 1, 4) }));
    voter.receive(1, {
      kind: 'yield',
      term: term(1),
      upToTerm: term(3),
      reason: 'fence',
      promotionCalled: true,
      position: null,
      successor: null,
    });
    expect(voter.state.lease).toMatchObject({ kind: 'granted', holder: 1, term: 4 });
  });

  /** Its WAL went on to 1,000 on timeline 1, which the line left at 800. */
  function answerOfDiverged(candidateEnd: number): unknown {
    const line = { term: term(2), path: pathOf([1, 0, 1], [2, 800, 2]) };
    const voter = voterAfterLease();
    voter.start(durableOfVoter(nodes, { line }));
    voter.observe(detached);
    voter.pass(5_100);
    const position = candidateEnd < 800 ? positionAt(candidateEnd) : positionAt(candidateEnd, line.path);
    voter.receive(3, voteRequestOf(nodes, { term: term(3), position }));
    nobodyAnswers(voter);
    voter.freezeEnds();
    return voter.sent('voteAnswer')[0];
  }

  it('votes without regard to the part of its own WAL that diverged', () => {
    expect(answerOfDiverged(900)).toMatchObject({ outcome: { kind: 'granted' }, position: null });
  });

  it('offers what its WAL holds of the line to a candidate that lacks it, though it diverged later', () => {
    expect(answerOfDiverged(700)).toMatchObject({ outcome: { kind: 'behind' }, position: positionAt(800) });
  });
});

describe('a voter of a confirmation (rule 4)', () => {
  const confirmation = voteRequestOf(nodes, {
    term: term(3),
    purpose: 'confirmation',
    leadsTerm: term(1),
    mark: { incarnation: 'leader 1', sentAt: at(5) },
  });

  it('grants its own leader a higher term without a freeze, and goes on with its heartbeats of the older one', () => {
    const voter = new OneNode(settingsOf(2, nodes));
    voter.start(durableOfVoter(nodes));
    voter.observe(standbyServer());
    voter.receive(1, heartbeatOf(nodes));
    voter.receive(1, confirmation);
    expect(voter.did('freeze')).toBe(false);
    expect(voter.sent('voteAnswer')[0]?.outcome).toEqual({ kind: 'granted' });
    voter.receive(1, heartbeatOf(nodes));
    expect(voter.sent('heartbeatAcknowledged')).toHaveLength(1);
    expect(voter.state.durable.term).toBe(3);
  });

  it('refuses it to who is not its leader', () => {
    const voter = voterAfterLease();
    voter.receive(3, confirmation);
    expect(voter.sent('voteAnswer')[0]?.outcome).toEqual({ kind: 'refused', refusal: 'notItsLeader' });
  });
});

describe('the positions that voters compare', () => {
  it('are read from the freeze, not from before', () => {
    const voter = voterAfterLease();
    voter.observe(standbyServer({ receiver: null, endOfWal: lsn(1_000) }));
    voter.receive(3, voteRequestOf(nodes, { position: positionAt(1_000) }));
    nobodyAnswers(voter);
    voter.freezeEnds(1_000);
    expect(voter.sent('voteAnswer')[0]?.position?.lsn).toBe(1_000);
  });
});
