/** A decision of a repmgrd as one line. */
import type { DecisionView } from '../api/view.ts';

export function decisionLine(
  { at, node, rule, term, sentence }: DecisionView,
  name: string | undefined,
): string {
  return `${localTime(at)}  ${name ?? `node ${node}`}  ${sentence} (term ${term}, rule ${rule})\n`;
}

/** With milliseconds, which failovers are made of. */
function localTime(ms: number): string {
  const time = new Date(ms);
  const shifted = new Date(ms - time.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 23).replace('T', ' ');
}
