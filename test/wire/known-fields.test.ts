import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FRAME_NAMES, FrameDecoder, TickerTable } from '../../engine/wire/index.ts';
import { KNOWN_TYPES } from '../../engine/wire/known-fields.ts';
import { GOOD, type Json } from './bodies.ts';

const BOOK = { market_ticker: 'TSTEVT-26NOV23-A' };
/** One good body of every type whose reading needs its envelope too. */
const ENVELOPED: Readonly<Record<string, Json>> = {
  subscribed: { channel: 'trade', sid: 2 },
  unsubscribed: {},
  ok: { market_tickers: ['A'], market_ids: ['i'], index_ids: ['BRTI'], underlying_tickers: ['WTI'] },
  error: { code: 7, msg: 'unknown sid' },
  orderbook_snapshot: { ...BOOK, yes_dollars_fp: [['0.4700', '1.00']], no_dollars_fp: [['0.4800', '2.00']] },
  orderbook_delta: { ...BOOK, price_dollars: '0.4700', delta_fp: '1.00', side: 'yes', ts_ms: 1_794_000_000_000 },
  trade: {
    ...BOOK,
    ...{ yes_price_dollars: '0.4700', count_fp: '1.00', taker_outcome_side: 'no', is_block_trade: false, ts_ms: 1 },
  },
};
const ALL: Readonly<Record<string, Json>> = { ...GOOD, ...ENVELOPED };

function fresh(): FrameDecoder {
  const tickers = new TickerTable();
  tickers.add(BOOK.market_ticker);
  return new FrameDecoder(tickers, { yesPrices: true });
}

function kindOf(decoder: FrameDecoder, type: string, msg: Json, envelope: Json = {}): string {
  const frame = { type, sid: 4, seq: 7, ...envelope, msg };
  return FRAME_NAMES[decoder.decode(Buffer.from(JSON.stringify(frame)))]!;
}

test('every type of the exchange has a good body here', () => {
  assert.deepEqual(Object.keys(ALL).sort(), [...KNOWN_TYPES.keys()].sort());
});

test('an unknown field in any message of any channel, inside or around it, is counted and breaks nothing', () => {
  for (const [type, msg] of Object.entries(ALL)) {
    const decoder = fresh();
    assert.equal(kindOf(decoder, type, msg), type, decoder.reason);
    assert.deepEqual(decoder.drift.list(), [], type);
    for (const value of [1, 'x', null, true, [1], { a: { b: [] } }]) {
      assert.equal(kindOf(decoder, type, { ...msg, brand_new: value }), type);
      assert.equal(kindOf(decoder, type, msg, { shard: value }), type);
    }
    const [found] = decoder.drift.list();
    assert.deepEqual(
      [found?.type, found?.known, found?.fields.map((field) => field.name).sort()],
      [type, true, ['brand_new', 'shard']],
    );
  }
});

test('a known field of a wrong type makes book frames, trades and replies malformed, and names market and field', () => {
  const decoder = fresh();
  for (const [type, msg] of Object.entries(ENVELOPED)) {
    for (const field of Object.keys(msg)) {
      for (const wrong of [{}, [[]], true, 0.5, -1]) {
        if (typeof msg[field] === 'boolean' && wrong === true) continue;
        assert.equal(kindOf(decoder, type, { ...msg, [field]: wrong }), 'malformed', `${type}.${field} ${wrong}`);
        assert.match(decoder.reason, new RegExp(`^${type}: `));
        if (type !== 'error') assert.match(decoder.reason, new RegExp(field), decoder.reason);
        if (msg['market_ticker'] !== undefined && field !== 'market_ticker') assert.equal(decoder.market, 0);
      }
    }
    for (const wrong of [{}, [], true, 0.5, -1, '7']) {
      for (const field of ['sid', 'seq', 'id']) {
        const kind = kindOf(decoder, type, msg, { [field]: wrong });
        assert.equal(kind, 'malformed', `${type} ${field} ${wrong}`);
        assert.match(decoder.reason, new RegExp(field));
        if (msg['market_ticker'] !== undefined) assert.equal(decoder.market, 0);
      }
    }
  }
});

test('a side word nobody knows is refused, although an older field says something', () => {
  const decoder = fresh();
  const fill = GOOD['fill']!;
  const said = { outcome_side: 'yes', side: 'yes', action: 'buy' };
  assert.equal(kindOf(decoder, 'fill', { ...fill, ...said, book_side: 'bid' }), 'fill');
  assert.equal(kindOf(decoder, 'fill', { ...fill, ...said, book_side: 'buy' }), 'malformed');
  assert.equal(kindOf(decoder, 'fill', { ...fill, ...said, book_side: null }), 'fill');
  assert.equal(kindOf(decoder, 'fill', { ...fill, ...said, book_side: null, outcome_side: 'YES' }), 'malformed');
});
