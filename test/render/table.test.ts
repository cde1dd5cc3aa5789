import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderTable } from '../../src/render/table.ts';

const columns = [
  { heading: 'Role', minimumWidth: 9 },
  { heading: 'Name' },
  { heading: 'Upstream' },
  { heading: 'Connection String' },
];

test('the table of cluster show is that of repmgr 3.3, to the character', () => {
  const table = renderTable(columns, [
    ['* master', 'node1', '', 'host=a dbname=repmgr user=repmgr'],
    ['  standby', 'node2', 'node1', 'host=b dbname=repmgr user=repmgr'],
    ['  FAILED', 'node3', 'node1', 'host=c dbname=repmgr user=repmgr'],
  ]);
  expect(table).toBe(
    [
      'Role      | Name  | Upstream | Connection String',
      '----------+-------|----------|---------------------------------',
      '* master  | node1 |          | host=a dbname=repmgr user=repmgr',
      '  standby | node2 | node1    | host=b dbname=repmgr user=repmgr',
      '  FAILED  | node3 | node1    | host=c dbname=repmgr user=repmgr',
      '',
    ].join('\n'),
  );
});

test('a column is never narrower than its heading, and no line ends in blanks', () => {
  const table = renderTable(columns, [['* master', 'a', '', '']]);
  expect(table.split('\n')).toEqual([
    'Role      | Name | Upstream | Connection String',
    '----------+------|----------|------------------',
    '* master  | a    |          |',
    '',
  ]);
});

test('a name with an escape sequence cannot write to the terminal', () => {
  expect(renderTable([{ heading: 'Name' }], [['\u001b[2Jx\n']])).toContain('?[2Jx?\n');
});

test('whatever the cells hold, every bar stands below the bar of the heading', () => {
  const cell = fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.replace(/[|+]/g, ''));
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell, cell), { maxLength: 5 }), (rows) => {
      const table = renderTable([{ heading: 'A' }, { heading: 'B' }, { heading: 'C' }], rows);
      const lines = table.split('\n').slice(0, -1);
      const bars = lines.map((text) =>
        Array.from(text).flatMap((letter, index) => (letter === '|' || letter === '+' ? [index] : [])),
      );
      expect(lines).toHaveLength(rows.length + 2);
      for (const found of bars) expect(found).toEqual(bars[0]);
    }),
  );
});
