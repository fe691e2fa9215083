import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TickerTable, UNKNOWN_MARKET } from '../../engine/wire/index.ts';

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'latin1');

test('every ticker of a long session keeps its index, and no other text has one', () => {
  const table = new TickerTable();
  const names = Array.from({ length: 5000 }, (_, n) => `KXTEST-26NOV23H${n % 24}-T${n}.${n % 10}`);
  for (const [n, name] of names.entries()) assert.equal(table.add(name), n);
  assert.equal(table.length, names.length);
  for (const [n, name] of names.entries()) {
    assert.equal(table.add(name), n, 'adding again finds it');
    assert.equal(table.indexOf(name), n);
    assert.equal(table.name(n), name);
    const padded = bytesOf(`"${name}"`);
    assert.equal(table.find(padded, 1, padded.length - 1), n);
    assert.equal(
      table.find(padded, 1, padded.length - 2),
      names.indexOf(name.slice(0, -1)),
      'a prefix is another text',
    );
  }
  assert.equal(table.length, names.length);
});

test('the table answers like a map, whatever is added', () => {
  const name = fc.string({ unit: fc.constantFrom('A', 'B', '-', '1'), minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(name, { maxLength: 200, size: 'max' }), fc.array(name, { maxLength: 50 }), (added, asked) => {
      const table = new TickerTable();
      const map = new Map<string, number>();
      for (const n of added) {
        if (!map.has(n)) map.set(n, map.size);
        assert.equal(table.add(n), map.get(n));
      }
      for (const n of [...asked, ...added]) {
        assert.equal(table.indexOf(n), map.get(n) ?? UNKNOWN_MARKET);
        assert.equal(table.find(bytesOf(n), 0, n.length), map.get(n) ?? UNKNOWN_MARKET);
      }
    }),
    { seed: 91, numRuns: 200 },
  );
});

test('what is no ticker is not added and not found', () => {
  const table = new TickerTable();
  table.add('KXTEST-A');
  for (const text of ['', ' ', 'KX TEST', 'KX\u00dc', 'KX\u0000', 'KX\n', 'K"X', 'K\\tX', 'x'.repeat(257)]) {
    assert.throws(() => table.add(text), RangeError, JSON.stringify(text));
    assert.equal(table.indexOf(text), UNKNOWN_MARKET);
  }
  // A character whose low byte is that of a ticker`s letter must not pass for it.
  assert.equal(table.indexOf('KXTEST-\u0141'), UNKNOWN_MARKET);
  assert.equal(table.length, 1);
});
