import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  batchItems,
  costsBody,
  decodeBody,
  Frame,
  FrameDecoder,
  fillRecord,
  orderRecord,
  positionRecord,
  seriesFees,
  strikeRecord,
  TickerTable,
} from '../../engine/wire/index.ts';

const decoder = new FrameDecoder(new TickerTable(), { yesPrices: true });

function kindOf(text: string): number {
  const kind = decoder.decode(Buffer.from(text));
  if (kind === Frame.Malformed || kind === Frame.Garbage)
    assert.ok(decoder.reason.length > 5 && decoder.reason.length < 400);
  return kind;
}

const DEEP = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
/** JSON values in places they do not belong in, among them some that break code which prints or converts them. */
const HOSTILE = [
  'null',
  'true',
  '[]',
  '[1]',
  '{}',
  '{"toString":1,"valueOf":1}',
  '""',
  '"NaN"',
  '-1',
  '1e999',
  '0.5',
  DEEP,
];

test('a hostile value in any field of any frame is refused or left out, and never escapes as an exception', () => {
  const frames: readonly [string, string][] = [
    ['orderbook_delta', '{"market_ticker":"T","price_dollars":"0.4","delta_fp":"1.00","side":"yes","ts_ms":1}'],
    ['orderbook_delta', '{"market_ticker":"T","price":40,"delta":1,"side":"yes","ts_ms":1}'],
    ['trade', '{"market_ticker":"T","yes_price_dollars":"0.4","count_fp":"1.00","taker_outcome_side":"yes"}'],
    ['orderbook_snapshot', '{"market_ticker":"T","yes_dollars_fp":[["0.4","1.00"]],"no":[[40,1]]}'],
    ['subscribed', '{"channel":"trade","sid":2}'],
    ['ok', '{"market_tickers":["T"]}'],
    ['error', '{"code":7,"msg":"m"}'],
    [
      'fill',
      '{"trade_id":"t","order_id":"o","market_ticker":"T","book_side":"bid","yes_price_dollars":"0.4","count_fp":"1","fee_cost":"0"}',
    ],
    [
      'user_order',
      '{"order_id":"o","ticker":"T","book_side":"bid","yes_price_dollars":"0.4","status":"resting","fill_count_fp":"0","remaining_count_fp":"1","initial_count_fp":"1"}',
    ],
    ['market_position', '{"market_ticker":"T","position_fp":"1.00"}'],
    ['order_group_updates', '{"event_type":"triggered","order_group_id":"g","ts_ms":1}'],
    ['market_lifecycle_v2', '{"event_type":"determined","market_ticker":"T","settlement_value":"1.0000","close_ts":1}'],
    [
      'market_lifecycle_v2',
      '{"event_type":"created","market_ticker":"T","price_level_structure":"x","floor_strike":1,"open_ts":1,"exchange_index":2}',
    ],
    ['ticker', '{"market_ticker":"T","price_dollars":"0.4","volume_fp":"1.00","dollar_volume":1,"ts_ms":1}'],
    ['event_lifecycle', '{"event_ticker":"E","title":"t","strike_date":1}'],
    ['event_fee_update', '{"event_ticker":"E","fee_type_override":"flat","fee_multiplier_override":1}'],
    ['rfq_created', '{"id":"r","market_ticker":"T","contracts_fp":"1.00","created_ts":"2026-11-01T10:00:00Z"}'],
    ['quote_created', '{"quote_id":"q","rfq_id":"r","market_ticker":"T","yes_bid_dollars":"0.4","no_bid_dollars":"0"}'],
    ['quote_executed', '{"quote_id":"q","rfq_id":"r","market_ticker":"T","order_id":"o","client_order_id":"c"}'],
    ['cfbenchmarks_value', '{"index_id":"B","received_at":1,"data":"{}","avg_60s_data":{"value":"1.0"}}'],
    ['pyth_value', '{"underlying_ticker":"W","value_usd":"1.0","source_ts_ms":1}'],
    ['cfbenchmarks_value_indexlist', '{"index_ids":["B"]}'],
  ];
  for (const [type, msg] of frames) {
    const text = (body: string): string => `{"type":"${type}","sid":1,"seq":2,"id":3,"msg":${body}}`;
    const good = kindOf(text(msg));
    assert.ok(good !== Frame.Malformed && good !== Frame.Garbage && good !== Frame.Other, `${type}: ${decoder.reason}`);
    for (const value of HOSTILE) {
      kindOf(text(value));
      kindOf(`{"type":"${type}","sid":${value},"seq":2,"msg":${msg}}`);
      for (const key of Object.keys(JSON.parse(msg))) {
        const at = msg.indexOf(`"${key}":`) + key.length + 3;
        const end = key.startsWith('yes_dollars') ? msg.indexOf(']]', at) + 2 : endOfValue(msg, at);
        kindOf(text(`${msg.slice(0, at)}${value}${msg.slice(end)}`));
      }
    }
  }
  for (const value of HOSTILE) assert.ok([Frame.Garbage, Frame.Other].includes(kindOf(`{"type":${value}}`) as 0));
});

/** Where the JSON value that starts at `at` ends: at the comma or bracket after it, brackets balanced. */
function endOfValue(text: string, at: number): number {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    const c = text[i]!;
    if (depth === 0 && (c === ',' || c === '}')) return i;
    if (c === '[') depth++;
    if (c === ']') depth--;
  }
  return text.length;
}

test('what is nested without end is refused before anything is built from it, and told apart by nothing below', () => {
  const created = (fields: string): string =>
    `{"type":"market_lifecycle_v2","sid":1,"seq":1,"msg":{"event_type":"created","market_ticker":"T",${fields}}}`;
  const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  for (const field of ['price_ranges', 'additional_metadata', 'custom_strike', 'strangers']) {
    assert.equal(kindOf(created(`"${field}":${DEEP}`)), Frame.Garbage, field);
    assert.match(decoder.reason, /nested more than 64 deep/);
  }
  assert.equal(kindOf(created(`"strangers":${nested(62)}`)), Frame.Lifecycle, 'what we do not know does no harm');
  assert.equal(kindOf(created(`"strangers":${nested(63)}`)), Frame.Garbage);
  assert.equal(kindOf(created(`"price_ranges":${nested(62)}`)), Frame.Malformed);
  // REST bodies have no such bound.
  assert.equal(strikeRecord({ custom_strike: { a: JSON.parse(DEEP), toString: 1 } }).subject, 'a=?&toString=1');
});

test('a snapshot level that is no pair of price and count is refused, never read as an empty level', () => {
  const levels = [
    '[40,null]',
    '[40,true]',
    '[40,[]]',
    '[null,1]',
    '[40,{"valueOf":1,"toString":1}]',
    '[{"toString":1},1]',
  ];
  const more = [
    '[40,0.5]',
    '[40.5,1]',
    '[101,1]',
    '[-1,1]',
    '["0.4",""]',
    '["","1"]',
    '["0.4"]',
    '[]',
    '7',
    'null',
    `[${'['.repeat(50)}${']'.repeat(50)},1]`,
  ];
  for (const level of [...levels, ...more]) {
    const text = `{"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"T","yes":[${level}]}}`;
    assert.equal(kindOf(text), Frame.Malformed, level.slice(0, 50));
  }
});

test('a settlement value that is no dollar text is refused: it must not settle a market at zero', () => {
  const determined = (value: string): number =>
    kindOf(
      `{"type":"market_lifecycle_v2","sid":1,"seq":1,"msg":{"event_type":"determined","market_ticker":"T"${value}}}`,
    );
  for (const value of ['1', '0.5', 'true', '{}', '""', '"1.5"']) {
    assert.equal(determined(`,"settlement_value":${value}`), Frame.Malformed, value);
  }
  assert.equal(determined(',"settlement_value":"0.5000"'), Frame.Lifecycle);
  assert.equal((decoder.detail as { settlementPrice: number }).settlementPrice, 5000);
  assert.equal(determined(''), Frame.Lifecycle);
});

test('negative counts of orders and fills are refused', () => {
  const order = { order_id: 'o', ticker: 'T', book_side: 'bid', yes_price_dollars: '0.4', status: 'resting' };
  const counts = { fill_count_fp: '1.00', remaining_count_fp: '1.00', initial_count_fp: '2.00' };
  assert.equal(orderRecord({ ...order, ...counts }).fillCount, 100);
  for (const field of Object.keys(counts)) {
    assert.throws(() => orderRecord({ ...order, ...counts, [field]: '-1.00' }), { field });
  }
  const fill = { trade_id: 't', order_id: 'o', ticker: 'T', book_side: 'bid', yes_price_dollars: '0.4', fee_cost: '0' };
  assert.throws(() => fillRecord({ ...fill, count_fp: '-1.00' }), { field: 'count_fp' });
});

test('hostile values in REST bodies end as unreadable, with a reason, not as an exception', () => {
  for (const value of HOSTILE.filter((v) => v !== '1e999' && v !== '0.5')) {
    for (const [body, decode] of [
      [`{"series":{"fee_type":"quadratic","fee_multiplier":${value}}}`, seriesFees],
      [`{"endpoint_costs":[{"method":"POST","path":${value},"cost":1}]}`, costsBody],
      [`{"orders":${value}}`, batchItems],
      [`{"orders":[{"order_id":${value}}]}`, batchItems],
    ] as const) {
      const decoded = decodeBody<unknown>(200, body, decode);
      assert.notEqual(decoded.kind, 'refused');
      if (decoded.kind === 'unreadable') assert.ok(decoded.reason.length < 400, decoded.reason.slice(0, 100));
    }
  }
  const items = decodeBody(
    200,
    `{"orders":[{"error":{"code":"x","message":${DEEP}}},{"error":[]},{"error":7}]}`,
    batchItems,
  );
  assert.ok(items.kind === 'ok');
  assert.deepEqual(
    items.value.map((i) => i.failure !== null),
    [true, true, true],
    'an error nobody understands is one',
  );
  assert.equal(items.value[0]!.failure!.code, 'x');
});

test('recorded production orders, fills and positions are read', (t) => {
  const folder = new URL('../../../shared/kalshi/rest/', import.meta.url);
  if (!existsSync(folder)) return t.skip('recordings absent');
  for (const [name, decode] of [
    ['prod__orders_list_items', orderRecord],
    ['prod__fills_list_items', fillRecord],
    ['prod__market_positions_items', positionRecord],
  ] as const) {
    const items: unknown = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
    assert.ok(Array.isArray(items) && items.length > 0, name);
    for (const item of items) assert.ok(decode(item).ticker.length > 3);
  }
});
