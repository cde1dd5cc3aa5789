/** Statements as a script for psql, each with what it is for. */

export interface SqlStep {
  readonly words: string;
  /** Without a semicolon at its end. */
  readonly sql: string;
}

/** All of them in one transaction, as they would be run. */
export function renderSqlScript(steps: readonly SqlStep[]): string {
  const statements = steps.map(({ words, sql }) => `-- ${words}\n${sql};\n`);
  return ['BEGIN;\n', ...statements, 'COMMIT;\n'].join('\n');
}
