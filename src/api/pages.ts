/** The pages that anybody may read: for load balancers, monitoring and people. docs/http.md */
import type { ApiView, DecisionView } from './view.ts';

export interface Page {
  readonly status: number;
  readonly type: 'application/json' | 'text/plain; version=0.0.4';
  readonly body: string;
}

export interface PageSource {
  readonly view: () => ApiView;
  readonly decisions: () => readonly DecisionView[];
}

/** Whether a page says yes, and in words why or why not. */
interface Verdict {
  readonly isYes: boolean;
  readonly reason: string;
}

/** @param target path and query of the request; undefined where there is no such page */
export async function renderPage(target: string, source: PageSource): Promise<Page> {
  const { pathname, searchParams } = new URL(target, 'http://repmgrd');
  switch (pathname) {
    case '/health':
      return verdictPage(source.view(), judgeHealth);
    case '/primary':
      return verdictPage(source.view(), judgePrimary);
    case '/replica':
      return replicaPage(source.view(), searchParams.get('lag'));
    case '/cluster':
      return json(200, source.view());
    case '/decisions':
      return json(200, { decisions: source.decisions() });
    case '/metrics': {
      const { renderMetrics } = await import('./metrics.ts');
      return { status: 200, type: 'text/plain; version=0.0.4', body: await renderMetrics(source.view()) };
    }
    default:
      return json(404, { error: 'there is no such page', pages });
  }
}

const pages = ['/health', '/primary', '/replica', '/replica?lag=BYTES', '/cluster', '/decisions', '/metrics'];

function replicaPage(view: ApiView, lag: string | null): Page {
  if (lag === null) return verdictPage(view, judgeReplica);
  if (!/^\d{1,15}$/.test(lag))
    return json(400, { error: 'lag is a number of bytes, such as /replica?lag=1048576' });
  return verdictPage(view, (it) => judgeLag(it, Number(lag)));
}

function verdictPage(view: ApiView, judge: (view: ApiView) => Verdict): Page {
  const { isYes, reason } = judge(view);
  const { node, name, leadership, server } = view;
  return json(isYes ? 200 : 503, {
    ok: isYes,
    reason,
    node,
    name,
    term: leadership.term,
    lag: server.lagBytes,
  });
}

/** The loop lives, or nobody would answer; so what remains is PostgreSQL. */
function judgeHealth({ server: { condition } }: ApiView): Verdict {
  if (condition === 'none') return { isYes: true, reason: 'witness' };
  return { isYes: condition === 'running', reason: `PostgreSQL is ${inWords[condition]}` };
}

function judgePrimary({ server, leadership, pause }: ApiView): Verdict {
  const { role, stage, isInContact, isHolding } = leadership;
  if (role !== 'leader') return no('it does not lead');
  if (server.condition !== 'running') return no(`PostgreSQL is ${inWords[server.condition]}`);
  if (stage !== 'serving' || server.isInRecovery !== false) return no('PostgreSQL is not writable');
  if (isHolding) return no('commits wait until other nodes answer');
  if (isInContact !== true && pause === null) return no('too few other nodes answer');
  return { isYes: true, reason: 'primary' };
}

function judgeReplica({ server }: ApiView): Verdict {
  if (server.condition !== 'running') return no(`PostgreSQL is ${inWords[server.condition]}`);
  if (server.isInRecovery !== true) return no('PostgreSQL is not in recovery');
  if (server.isFenced) return no('it was the primary, and follows no new one yet');
  if (!server.isStreaming) return no('it does not stream');
  return { isYes: true, reason: 'standby' };
}

function judgeLag(view: ApiView, most: number): Verdict {
  const verdict = judgeReplica(view);
  const { lagBytes } = view.server;
  if (!verdict.isYes) return verdict;
  if (lagBytes === null) return no('how far it lags behind is not known');
  return lagBytes <= most ? verdict : no(`it lags behind by ${lagBytes} bytes`);
}

function no(reason: string): Verdict {
  return { isYes: false, reason };
}

const inWords: Readonly<Record<ApiView['server']['condition'], string>> = {
  running: 'running',
  starting: 'starting up',
  stalled: 'stalled: it does not write to its disk',
  hanging: 'hanging: it accepts no connection',
  shuttingDown: 'shutting down',
  shutDown: 'shut down',
  crashed: 'down',
  none: 'not there',
  unknown: 'not looked at yet',
};

function json(status: number, value: unknown): Page {
  return { status, type: 'application/json', body: `${JSON.stringify(value)}\n` };
}
