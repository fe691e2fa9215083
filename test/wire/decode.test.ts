import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { gunzipSync } from 'node:zlib';
import { ASK, BID } from '../../engine/units/index.ts';
import {
  Frame,
  FrameDecoder,
  type FrameKind,
  isBookPrice,
  MAX_FRAME_BYTES,
  type OkMessage,
  TickerTable,
  UNKNOWN_MARKET,
} from '../../engine/wire/index.ts';

const tickers = new TickerTable();
const A = tickers.add('KXTEST-26NOV23-A');
const decoder = new FrameDecoder(tickers, { yesPrices: false });
const yesDecoder = new FrameDecoder(tickers, { yesPrices: true });

function decode(value: unknown, d = decoder): FrameKind {
  return d.decode(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
}

function book(type: string, msg: object, seq = 1): object {
  return { type, sid: 1, seq, msg: { market_ticker: 'KXTEST-26NOV23-A', market_id: 'x', ...msg } };
}

test('a NO level is an ask at the complement in NO money and at its own price in YES money', () => {
  const levels = { yes_dollars_fp: [['0.4700', '3.00']], no_dollars_fp: [['0.4800', '2.00']] };
  assert.equal(decode(book('orderbook_snapshot', levels)), Frame.Snapshot);
  assert.deepEqual(decoder.detail, { bids: [4700, 300], asks: [5200, 200] });
  assert.equal(decode(book('orderbook_snapshot', levels), yesDecoder), Frame.Snapshot);
  assert.deepEqual(yesDecoder.detail, { bids: [4700, 300], asks: [4800, 200] });
  const delta = book('orderbook_delta', { price_dollars: '0.4800', delta_fp: '-2.00', side: 'no' });
  decode(delta);
  decode(delta, yesDecoder);
  assert.deepEqual([decoder.side, decoder.price, decoder.count, decoder.market], [ASK, 5200, -200, A]);
  assert.deepEqual([yesDecoder.side, yesDecoder.price], [ASK, 4800]);
});

test('an empty side is an absent key, an empty market has neither', () => {
  assert.equal(decode(book('orderbook_snapshot', { no_dollars_fp: [['0.0100', '0.01']] })), Frame.Snapshot);
  assert.deepEqual(decoder.detail, { bids: [], asks: [9900, 1] });
  assert.equal(decode(book('orderbook_snapshot', {})), Frame.Snapshot);
  assert.deepEqual(decoder.detail, { bids: [], asks: [] });
});

test('the old form counts in whole cents and contracts', () => {
  decode(book('orderbook_snapshot', { yes: [[8, 300]], no: [[54, 20]], yes_dollars: [['0.080', 300]] }));
  assert.deepEqual(decoder.detail, { bids: [800, 30_000], asks: [4600, 2_000] });
  assert.equal(decode(book('orderbook_delta', { price: 96, delta: -54, side: 'yes' })), Frame.Delta);
  assert.deepEqual([decoder.side, decoder.price, decoder.count], [BID, 9600, -5400]);
});

test('a trade is told from the side of whoever took, at the YES price, blocks marked', () => {
  const msg = {
    trade_id: 't',
    market_ticker: 'ELSEWHERE-1',
    yes_price_dollars: '0.3600',
    no_price_dollars: '0.6400',
    count_fp: '136.00',
    taker_side: 'no',
    taker_outcome_side: 'no',
    taker_book_side: 'ask',
    is_block_trade: true,
    ts: 1669149841,
    ts_ms: 1669149841000,
  };
  assert.equal(decode({ type: 'trade', sid: 11, seq: 2, msg }), Frame.Trade);
  assert.deepEqual(
    [decoder.side, decoder.price, decoder.count, decoder.isBlockTrade, decoder.timeMs, decoder.market, decoder.ticker],
    [ASK, 3600, 13_600, true, 1_669_149_841_000, UNKNOWN_MARKET, 'ELSEWHERE-1'],
  );
  const { taker_outcome_side: _gone, ...older } = msg;
  assert.equal(decode({ type: 'trade', sid: 11, seq: 3, msg: older }), Frame.Trade);
  assert.equal(decoder.side, ASK);
});

test('private frames: fill, order, position, group', () => {
  const fill = {
    trade_id: 't1',
    order_id: 'o1',
    client_order_id: 'c1',
    market_ticker: 'KXTEST-26NOV23-A',
    exchange_index: 2,
    is_taker: true,
    side: 'yes',
    yes_price_dollars: '0.7500',
    count_fp: '278.00',
    fee_cost: '0.010000',
    action: 'buy',
    ts: 1671899397,
    ts_ms: 1671899397123,
    post_position_fp: '500.00',
    outcome_side: 'no',
    book_side: 'ask',
  };
  assert.equal(decode({ type: 'fill', sid: 13, msg: fill }), Frame.Fill);
  assert.deepEqual(decoder.detail, {
    tradeId: 't1',
    orderId: 'o1',
    clientOrderId: 'c1',
    ticker: 'KXTEST-26NOV23-A',
    side: ASK,
    price: 7500,
    count: 27_800,
    fee: 10_000,
    isTaker: true,
    time: 1_671_899_397_123_000,
    exchangeIndex: 2,
    postPosition: 50_000,
    subaccount: 0,
  });
  assert.equal(decoder.seq, 0);
  const order = {
    order_id: 'o1',
    user_id: 'u',
    ticker: 'KXTEST-26NOV23-A',
    exchange_index: 2,
    status: 'resting',
    side: 'yes',
    book_side: 'bid',
    yes_price_dollars: '0.3500',
    fill_count_fp: '1.50',
    remaining_count_fp: '8.50',
    initial_count_fp: '10.00',
    taker_fees_dollars: '0.000000',
    maker_fees_dollars: '0.000100',
    client_order_id: 'c1',
    order_group_id: 'g1',
    created_time: '2024-12-01T10:00:00Z',
    last_update_reason: '',
  };
  assert.equal(decode({ type: 'user_order', sid: 22, msg: order }), Frame.UserOrder);
  const seen = decoder.detail as {
    fillCount: number;
    remainingCount: number;
    side: number;
    groupId: string;
    makerFees: number;
  };
  assert.deepEqual(
    [seen.fillCount, seen.remainingCount, seen.side, seen.groupId, seen.makerFees],
    [150, 850, BID, 'g1', 100],
  );
  assert.equal(decoder.market, A);
  const position = {
    user_id: 'u',
    market_ticker: 'KXTEST-26NOV23-A',
    position_fp: '-100.00',
    realized_pnl_dollars: '-10.0000',
    fees_paid_dollars: '1.0000',
  };
  assert.equal(decode({ type: 'market_position', sid: 14, msg: position }), Frame.Position);
  assert.deepEqual(decoder.detail, {
    position: -10_000,
    feesPaid: 1_000_000,
    realizedPnl: -10_000_000,
    cost: null,
    feeCost: null,
    volume: null,
    subaccount: 0,
  });
  const group = { event_type: 'triggered', order_group_id: 'g1', ts_ms: 1733047200000 };
  assert.equal(decode({ type: 'order_group_updates', sid: 21, seq: 7, msg: group }), Frame.Group);
  assert.deepEqual(decoder.detail, { event: 'triggered', groupId: 'g1', limit: null, time: 1_733_047_200_000_000 });
});

test('lifecycle, replies, and types nobody handles', () => {
  const determined = {
    market_ticker: 'KXTEST-26NOV23-A',
    event_type: 'determined',
    result: 'yes',
    settlement_value: '1.0000',
  };
  assert.equal(decode({ type: 'market_lifecycle_v2', sid: 13, seq: 4, msg: determined }), Frame.Lifecycle);
  assert.equal((decoder.detail as { settlementPrice: number }).settlementPrice, 10_000);
  const moved = { market_ticker: 'X', event_type: 'close_date_updated', close_ts: 1733047200 };
  assert.equal(decode({ type: 'market_lifecycle_v2', sid: 13, seq: 5, msg: moved }), Frame.Lifecycle);
  assert.equal((decoder.detail as { closeTime: number }).closeTime, 1_733_047_200_000_000);
  assert.equal(decode({ type: 'subscribed', id: 3, msg: { channel: 'trade', sid: 2 } }), Frame.Subscribed);
  assert.deepEqual([decoder.id, decoder.sid, decoder.detail], [3, 2, { channel: 'trade' }]);
  assert.equal(decode({ type: 'ok', id: 4, sid: 1, seq: 9, msg: { market_tickers: ['A', 'B'] } }), Frame.Ok);
  assert.deepEqual([decoder.seq, (decoder.detail as OkMessage).tickers], [9, ['A', 'B']]);
  assert.equal(decode({ type: 'ok', id: 4, sid: 1, seq: 10, msg: [{ channel: 'trade', sid: 2 }] }), Frame.Ok);
  assert.deepEqual((decoder.detail as OkMessage).subscriptions, [{ channel: 'trade', sid: 2 }]);
  assert.equal(decode({ type: 'error', id: 5, msg: { code: 6, msg: 'Already subscribed' } }), Frame.Error);
  const retired = { code: 6, name: 'already_subscribed', terminal: false, text: 'Already subscribed', tickers: [] };
  assert.deepEqual(decoder.detail, retired);
  assert.equal(decode({ type: 'error', code: 25, msg: 'gone' }), Frame.Error);
  assert.deepEqual(decoder.detail, { code: 25, name: 'buffer_overflow', terminal: true, text: 'gone', tickers: [] });
  assert.equal(decode({ type: 'weather_on_mars', sid: 5, seq: 9, msg: {} }), Frame.Other);
  assert.deepEqual([decoder.type, decoder.seq], ['weather_on_mars', 9]);
});

test('a known type with a wrong field is malformed, names the field, and keeps its place in the sequence', () => {
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ price_dollars: '0.47001', delta_fp: '1.00', side: 'yes' }, /price/],
    [{ price_dollars: '1.0100', delta_fp: '1.00', side: 'yes' }, /price/],
    [{ price_dollars: 0.47, delta_fp: '1.00', side: 'yes' }, /price_dollars/],
    [{ price_dollars: '0.4700', delta_fp: '0.001', side: 'yes' }, /delta_fp/],
    [{ price_dollars: '0.4700', side: 'yes' }, /delta/],
    [{ price_dollars: '0.4700', delta_fp: '1.00', side: 'maybe' }, /side/],
    [{ price: 36.5, delta: 1, side: 'yes' }, /price/],
    [{ price_dollars: '0.4700', delta_fp: 'NaN', side: 'yes' }, /delta_fp/],
  ];
  for (const [msg, culprit] of cases) {
    assert.equal(decode(book('orderbook_delta', msg, 8)), Frame.Malformed, JSON.stringify(msg));
    assert.match(decoder.reason, culprit);
    assert.deepEqual([decoder.sid, decoder.seq, decoder.market], [1, 8, A]);
  }
  assert.equal(decode(book('orderbook_snapshot', { yes_dollars_fp: [['0.4700', '-3.00']] })), Frame.Malformed);
  assert.equal(decode(book('orderbook_snapshot', { yes_dollars_fp: [['0.4700']] })), Frame.Malformed);
  assert.equal(decode(book('orderbook_snapshot', { yes_dollars_fp: 'all' })), Frame.Malformed);
});

test('a book frame without its place in the sequence is not applied', () => {
  const msg = { market_ticker: 'KXTEST-26NOV23-A', price_dollars: '0.4700', delta_fp: '1.00', side: 'yes' };
  for (const envelope of [{ sid: 1 }, { seq: 1 }, { sid: 0, seq: 1 }, { sid: 1, seq: -1 }, { sid: 1, seq: 1.5 }])
    assert.equal(decode({ type: 'orderbook_delta', ...envelope, msg }), Frame.Malformed, JSON.stringify(envelope));
});

test('garbage is refused with a reason and never throws', () => {
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  const cases = [
    '',
    ' ',
    'NaN',
    '{',
    '[]',
    'null',
    '7',
    '"x"',
    '{}',
    '{"type":7}',
    '{"type":""}',
    deep,
    '{"type":"trade"',
    `{"a":${deep}}`,
  ];
  for (const text of cases) {
    assert.equal(decode(text), Frame.Garbage, text.slice(0, 20));
    assert.ok(decoder.reason.length > 5);
  }
  assert.equal(decoder.decode(Uint8Array.of(0xff, 0xfe, 0x7b, 0x7d)), Frame.Garbage);
  assert.equal(decode('{"type":"trade","sid":1,"seq":NaN,"msg":{}}'), Frame.Garbage);
});

test('a frame over the size limit is refused unread', () => {
  const huge = Buffer.alloc(MAX_FRAME_BYTES + 1, 0x20);
  huge.write('{"type":"ok","id":1');
  huge.write('}', huge.length - 1);
  assert.equal(decoder.decode(huge), Frame.Garbage);
  assert.match(decoder.reason, new RegExp(String(MAX_FRAME_BYTES)));
});

test('nothing of the last frame is left when the next one is decoded', () => {
  decode({
    type: 'trade',
    sid: 11,
    seq: 2,
    msg: {
      market_ticker: 'KXTEST-26NOV23-A',
      yes_price_dollars: '0.3600',
      count_fp: '1.00',
      taker_outcome_side: 'no',
      is_block_trade: true,
      ts_ms: 5,
    },
  });
  decode(book('orderbook_delta', { price_dollars: '0.4700', delta_fp: '1.00', side: 'yes' }));
  assert.deepEqual([decoder.isBlockTrade, decoder.timeMs, decoder.id, decoder.detail], [false, 0, 0, null]);
  decode({ type: 'fill', sid: 3, msg: 7 });
  assert.deepEqual(
    [decoder.kind, decoder.seq, decoder.market, decoder.detail],
    [Frame.Malformed, 0, UNKNOWN_MARKET, null],
  );
});

test('zero and one dollar are no places of a book', () => {
  decode(book('orderbook_delta', { price_dollars: '0.0000', delta_fp: '1.00', side: 'no' }));
  assert.equal(isBookPrice(decoder.price), false);
  decode(book('orderbook_delta', { price_dollars: '0.0001', delta_fp: '1.00', side: 'no' }));
  assert.equal(isBookPrice(decoder.price), true);
});

test('recorded frames of the exchange: scanner and full parser agree on every one, none is garbage', (t) => {
  const folder = new URL('../../../shared/feeds/', import.meta.url);
  if (!existsSync(folder)) return t.skip('recordings absent');
  const names = readdirSync(folder).filter((name) => /^(cents|fp)_.*\.ndjson\.gz$/.test(name));
  assert.ok(names.length > 0);
  for (const name of names) {
    const full = new FrameDecoder(tickers, { yesPrices: false });
    const lines = gunzipSync(readFileSync(new URL(name, folder)))
      .toString()
      .trimEnd()
      .split('\n');
    for (const [i, line] of lines.entries()) {
      const bytes = Buffer.from(line.slice(line.indexOf('"frame":') + 8, -1));
      const kind = decoder.decode(bytes);
      assert.equal(full.decodeFully(bytes), kind);
      assert.ok(kind !== Frame.Garbage && kind !== Frame.Malformed, `${name}:${i + 1}: ${decoder.reason}`);
      assert.deepEqual(
        [decoder.sid, decoder.seq, decoder.timeMs, decoder.ticker, decoder.detail],
        [full.sid, full.seq, full.timeMs, full.ticker, full.detail],
      );
      if (kind !== Frame.Delta && kind !== Frame.Trade) continue;
      assert.deepEqual([decoder.side, decoder.price, decoder.count], [full.side, full.price, full.count]);
    }
  }
});
