import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { readSourceFiles, root, type SourceFile } from '../support/source-files.ts';

const files = readSourceFiles();
const shared = ['errors.ts', 'limits.ts'];

/** Which folders a folder may import; docs/internals/architecture.md */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  model: [],
  failover: ['model'],
  config: ['model', ...shared],
  render: ['model', ...shared],
  system: ['model', 'config', ...shared],
  log: ['model', 'config', 'system', ...shared],
  postgres: ['model', 'system', 'log', ...shared],
  api: ['failover', 'model', 'config', 'log', ...shared],
  cluster: ['postgres', 'system', 'model', 'config', 'log', 'render', ...shared],
  sandbox: ['cluster', 'postgres', 'system', 'model', 'config', 'log', 'render', ...shared],
  commands: [
    'sandbox',
    'cluster',
    'postgres',
    'system',
    'model',
    'config',
    'log',
    'render',
    'failover',
    'api',
    ...shared,
  ],
  daemon: ['api', 'cluster', 'postgres', 'system', 'model', 'config', 'log', 'render', 'failover', ...shared],
  errors: [],
  'errors.ts': ['errors'],
  limits: [],
  'limits.ts': ['limits'],
  'repmgr.ts': ['commands', ...shared],
  'repmgrd.ts': ['daemon', ...shared],
};

function folderOf(path: string): string {
  return path.split('/')[0] ?? path;
}

function forbiddenImports(file: SourceFile): readonly string[] {
  const folder = folderOf(file.path);
  return file.imports
    .filter(({ isOurs, target }) => isOurs && folderOf(target) !== folder)
    .filter(({ target }) => !mayImport[folder]?.includes(folderOf(target)))
    .map(({ target }) => `${file.path} imports ${target}`);
}

/** The files of a circle of imports, or nothing. Those of types count: who reads one file then needs the others. */
function findCircle(): readonly string[] | undefined {
  const edges = new Map(
    files.map(({ path, imports }) => [
      path,
      imports.filter((it) => it.isOurs && !it.isLazy).map(({ target }) => target),
    ]),
  );
  const finished = new Set<string>();
  const visit = (path: string, trail: readonly string[]): readonly string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (finished.has(path)) return undefined;
    for (const target of edges.get(path) ?? []) {
      const circle = visit(target, [...trail, path]);
      if (circle !== undefined) return circle;
    }
    finished.add(path);
    return undefined;
  };
  for (const { path } of files) {
    const circle = visit(path, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

describe('the import table', () => {
  it('saw all source files and their imports', () => {
    const found = execFileSync('find', ['src', '-name', '*.ts'], { cwd: root, encoding: 'utf8' });
    expect(files).toHaveLength(found.trim().split('\n').length);
    const written = files.flatMap(({ text }) => text.match(/\bfrom '|\bimport\('|^import '/gm) ?? []);
    expect(files.flatMap(({ imports }) => imports)).toHaveLength(written.length);
  });

  it('knows every folder', () => {
    expect(files.map(({ path }) => folderOf(path)).filter((folder) => !(folder in mayImport))).toEqual([]);
  });

  it('is kept: arrows point inward only', () => {
    expect(files.flatMap(forbiddenImports)).toEqual([]);
  });

  it('leads every import to a file that exists', () => {
    const known = new Set(files.map(({ path }) => path));
    const targets = files.flatMap(({ imports }) => imports.filter(({ isOurs }) => isOurs));
    expect(targets.filter(({ target }) => !known.has(target))).toEqual([]);
  });

  it('has no circles', () => {
    expect(findCircle()).toBeUndefined();
  });

  it('keeps the pure folders away from the machine', () => {
    const pure = files.filter(({ path }) => ['model', 'failover'].includes(folderOf(path)));
    const machine = pure.flatMap(({ path, imports }) =>
      imports.filter(({ isOurs }) => !isOurs).map(({ target }) => `${path} imports ${target}`),
    );
    expect(machine).toEqual([]);
  });

  it('loads the PostgreSQL driver in postgres only', () => {
    const users = files.filter(({ imports }) => imports.some(({ target }) => target === 'pg'));
    expect(users.filter(({ path }) => folderOf(path) !== 'postgres').map(({ path }) => path)).toEqual([]);
  });
});
