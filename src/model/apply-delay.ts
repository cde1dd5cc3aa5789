/** recovery_min_apply_delay as repmgr takes it from the command line and from repmgr.conf. */

import { parseDuration } from './duration.ts';

/** PostgreSQL keeps it as an integer of milliseconds. */
const longestMs = 2_147_483_647;

/** What `isApplyDelay` accepts, for messages. */
export const applyDelayInWords =
  'an integer of at least 1, with ms, s, min, h or d if wanted, of 24 days at most';

/** Whether PostgreSQL takes the text for recovery_min_apply_delay; a plain integer counts milliseconds. */
export function isApplyDelay(text: string): boolean {
  const milliseconds = /^\d+\s*(ms|s|min|h|d)?$/.test(text) ? parseDuration(text, 'ms') : undefined;
  return milliseconds !== undefined && milliseconds >= 1 && milliseconds <= longestMs;
}
