import { describe, expect, it } from 'vitest';
import { readSourceFiles } from '../support/source-files.ts';

const files = new Map(readSourceFiles().map((file) => [file.path, file]));

/** Modules of Node and of others that are loaded before the program looks at its arguments. */
function modulesLoadedWith(entry: string): readonly string[] {
  const seen = new Set<string>();
  const modules = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const { target, isOurs, isTypeOnly, isLazy } of files.get(path)?.imports ?? []) {
      if (isTypeOnly || isLazy) continue;
      if (isOurs) visit(target);
      else modules.add(target);
    }
  };
  visit(entry);
  return [...modules].toSorted();
}

describe('a program that only shows its help, its version or a usage error', () => {
  it.each([
    { entry: 'repmgr.ts', modules: ['node:events', 'node:util', 'picocolors'] },
    { entry: 'repmgrd.ts', modules: ['node:util', 'picocolors'] },
  ])('loads nearly nothing: $entry', ({ entry, modules }) => {
    expect(files.has(entry)).toBe(true);
    expect(modulesLoadedWith(entry)).toEqual(modules);
  });
});
