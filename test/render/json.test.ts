import { expect, test } from 'vitest';
import { renderJson } from '../../src/render/json.ts';

test('keys are written as the columns of the metadata, and what is not known is null', () => {
  const text = renderJson({
    nodes: [{ upstreamNodeId: undefined, slotName: 'a', lagBytes: 5n }],
    warnings: [],
  });
  expect(JSON.parse(text)).toEqual({
    nodes: [{ upstream_node_id: null, slot_name: 'a', lag_bytes: '5' }],
    warnings: [],
  });
  expect(text.endsWith('}\n')).toBe(true);
});
