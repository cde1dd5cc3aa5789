/** The source files and what they import, for the tests that hold the rules of the house. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface SourceFile {
  /** Below `src/`. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly SourceImport[];
}

export interface SourceImport {
  /** Below `src/` for a file of ours, else the name of the module. */
  readonly target: string;
  readonly isOurs: boolean;
  readonly isTypeOnly: boolean;
  /** By `import()`, when it is needed. */
  readonly isLazy: boolean;
}

export const root = fileURLToPath(new URL('../../', import.meta.url));

export function readSourceFiles(): readonly SourceFile[] {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => {
      const text = readFileSync(join(root, 'src', path), 'utf8');
      return { path, text, imports: importsOf(path, text) };
    });
}

function importsOf(path: string, text: string): readonly SourceImport[] {
  const eager = [...text.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm)];
  const lazy = [...text.matchAll(/\bimport\(\s*'([^']+)'/g)];
  return [
    ...eager.map(([, type, target = '']) => toImport(path, target, type !== undefined, false)),
    ...lazy.map(([, target = '']) => toImport(path, target, false, true)),
  ];
}

function toImport(path: string, target: string, isTypeOnly: boolean, isLazy: boolean): SourceImport {
  const isOurs = target.startsWith('.');
  return { target: isOurs ? normalize(join(dirname(path), target)) : target, isOurs, isTypeOnly, isLazy };
}
