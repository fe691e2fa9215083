import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIndexValue, parseIndexValue } from '../../engine/units/index.ts';

test('index values are exact to 1e-8 dollars, go below zero, and are never rounded', () => {
  for (const text of ['68000.12000000', '-37.63000000', '0.00000001', '0.00000000', '90071992.54740991'])
    assert.equal(formatIndexValue(parseIndexValue(text)), text);
  assert.equal(parseIndexValue('68000.12'), 6_800_012_000_000);
  for (const text of ['0.000000001', '1e5', '', '90071992.54740992']) assert.throws(() => parseIndexValue(text), text);
});
