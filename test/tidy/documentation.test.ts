import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { disagreementCodes } from '../../src/cluster/disagreements/disagreement.ts';
import { eventNames } from '../../src/model/event-names.ts';
import { repmgr3Columns, ownColumns } from '../support/schema-description.ts';
import { root } from '../support/source-files.ts';

function page(name: string): string {
  return readFileSync(join(root, 'docs', name), 'utf8');
}

describe('the documentation', () => {
  it('names every event, and no other', () => {
    const written = [
      ...page('events.md').matchAll(
        /`((?:standby|repmgrd?|master|primary|cluster|witness|node|child|slot)_[a-z_]+)`/g,
      ),
    ]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'repmgr_test');
    expect([...new Set(written)].toSorted()).toEqual([...eventNames].toSorted());
  });

  it('explains every warning of cluster show', () => {
    const text = page('cluster-show.md');
    expect(disagreementCodes.filter((code) => !text.includes(`\`${code}\``))).toEqual([]);
  });

  it('names every table and view of the metadata, and every column of those that scripts read', () => {
    const text = page('metadata.md');
    const relations = [...repmgr3Columns, ...ownColumns].map((line) => line.split('.')[0] ?? '');
    expect([...new Set(relations)].filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
    const columns = repmgr3Columns.map((line) => /\.(\w+)/.exec(line)?.[1] ?? '');
    expect(columns.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });
});
