import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bookBody, decodeBody, marketsPage } from '../../engine/wire/index.ts';

test('a book read over REST comes out in YES space, today`s form and the old one', () => {
  const today = { orderbook_fp: { yes_dollars: [['0.4700', '3.00']], no_dollars: [['0.4800', '2.50']] } };
  assert.deepEqual(bookBody(today), { bids: [4700, 300], asks: [5200, 250] });
  const cents = { orderbook: { yes: [[47, 3]], no: [[48, 2]] } };
  assert.deepEqual(bookBody(cents), { bids: [4700, 300], asks: [5200, 200] });
  assert.deepEqual(bookBody({ orderbook: { yes: null, no: [[48, 2]] } }), { bids: [], asks: [5200, 200] });
  assert.deepEqual(bookBody({ orderbook_fp: { yes_dollars: [], no_dollars: [] } }), { bids: [], asks: [] });
});

test('a body without a book is unreadable, not an empty book', () => {
  const bodies = [
    '{}',
    '{"orderbook_fp":{}}',
    '{"orderbook_fp":{"yes_dollars":[]}}',
    '{"orderbook_fp":[]}',
    '{"orderbook_fp":{"yes_dollars":[["0.47"]],"no_dollars":[]}}',
    '{"orderbook_fp":{"yes_dollars":[["1.47","1.00"]],"no_dollars":[]}}',
    '{"orderbook_fp":{"yes_dollars":[["0.47","-1.00"]],"no_dollars":[]}}',
    'null',
  ];
  for (const body of bodies) assert.equal(decodeBody(200, body, bookBody).kind, 'unreadable', body);
});

test('a page of markets', () => {
  const market = {
    ticker: 'T-1',
    event_ticker: 'T',
    status: 'active',
    close_time: '2026-10-01T00:00:00Z',
    price_ranges: [{ start: '0.0000', end: '1.0000', step: '0.0100' }],
  };
  const { items, cursor } = marketsPage({ markets: [market], cursor: 'next' });
  assert.deepEqual([items[0]?.ticker, items[0]?.status, cursor], ['T-1', 'active', 'next']);
  assert.equal(decodeBody(200, '{"markets":[{}]}', marketsPage).kind, 'unreadable');
});
