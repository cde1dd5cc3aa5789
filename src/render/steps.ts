/** What `--dry-run` prints: the steps of a plan, and that nothing was done. */
import { renderJson } from './json.ts';

/** One line a step, or with `isJson` one object `{ "steps": [...] }`. */
export function renderSteps(steps: readonly string[], options: { readonly isJson: boolean }): string {
  return options.isJson ? renderJson({ steps }) : steps.map((step) => `${step}\n`).join('');
}
