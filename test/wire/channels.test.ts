import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { gunzipSync } from 'node:zlib';
import {
  type ErrorMessage,
  FEED_ERRORS,
  FRAME_NAMES,
  Frame,
  FrameDecoder,
  feedError,
  type LifecycleMessage,
  TickerTable,
} from '../../engine/wire/index.ts';
import { GOOD, type Json, LIFE } from './bodies.ts';

const tickers = new TickerTable();
const M = tickers.add('TSTEVT-26NOV23-A');
const decoder = new FrameDecoder(tickers, { yesPrices: true });

function kindOf(type: string, msg: unknown, envelope: Json = { sid: 4, seq: 7 }): string {
  return FRAME_NAMES[decoder.decode(Buffer.from(JSON.stringify({ type, ...envelope, msg })))]!;
}

/** The body of a frame that must be readable as its own type. */
function bodyOf(type: string, msg: unknown): unknown {
  assert.equal(kindOf(type, msg), type, decoder.reason);
  return decoder.detail;
}

test('a ticker: prices, sizes and money as integers, sentinels of an empty side kept', () => {
  assert.deepEqual(bodyOf('ticker', GOOD['ticker']), {
    lastPrice: 4800,
    bidPrice: 4500,
    askPrice: 10_000,
    bidSize: 30_000,
    askSize: 0,
    lastSize: 2500,
    volume: 3_389_605,
    openInterest: 2_042_200,
    dollarVolume: 16_948,
    dollarOpenInterest: 10_211,
    time: 1_794_000_000_123_000,
  });
  assert.equal(decoder.market, M);
  assert.equal((bodyOf('ticker', { market_ticker: 'Z' }) as { volume: unknown }).volume, null, 'absent is not zero');
});

test('a created market tells its shard, times, grid and strikes', () => {
  const said = bodyOf('market_lifecycle_v2', {
    ...LIFE,
    event_type: 'created',
    exchange_index: 2,
    open_ts: 1_794_000_000,
    close_ts: 1_794_086_400,
    price_level_structure: 'tapered_deci_cent',
    price_ranges: [
      { start: '0.0000', end: '0.1000', step: '0.0010' },
      { start: '0.1000', end: '0.9000', step: '0.0100' },
      { start: '0.9000', end: '1.0000', step: '0.0010' },
    ],
    additional_metadata: {
      name: 'N',
      title: 'T',
      yes_sub_title: 'Y',
      no_sub_title: 'N',
      rules_primary: 'R1',
      rules_secondary: 'R2',
      can_close_early: true,
      event_ticker: 'TSTEVT-26NOV23',
      expected_expiration_ts: 1_794_090_000,
      strike_type: 'between',
      floor_strike: 77_250,
      cap_strike: 77_499.99,
      custom_strike: { team: 'b', player: 'a' },
    },
  }) as LifecycleMessage;
  assert.deepEqual(
    [said.event, said.exchangeIndex, said.openTime, said.closeTime, said.structure],
    ['created', 2, 1_794_000_000_000_000, 1_794_086_400_000_000, 'tapered_deci_cent'],
  );
  assert.deepEqual(said.bands?.[1], { start: 1000, end: 9000, step: 100 });
  assert.deepEqual(said.metadata, {
    name: 'N',
    title: 'T',
    yesSubTitle: 'Y',
    noSubTitle: 'N',
    rulesPrimary: 'R1',
    rulesSecondary: 'R2',
    canCloseEarly: true,
    eventTicker: 'TSTEVT-26NOV23',
    expectedExpiration: 1_794_090_000_000_000,
    strike: { type: 'between', floor: 77_250, cap: 77_499.99, subject: 'player=a&team=b' },
  });
});

test('a result is worth what is said, else what it means, else nothing is known', () => {
  const price = (fields: Json): unknown =>
    (bodyOf('market_lifecycle_v2', { ...LIFE, event_type: 'determined', ...fields }) as LifecycleMessage)
      .settlementPrice;
  assert.equal(price({ result: 'scalar', settlement_value: '0.3300', determination_ts: 5 }), 3300);
  assert.equal(price({ result: 'yes' }), 10_000);
  assert.equal(price({ result: 'no' }), 0);
  assert.equal(price({ result: 'scalar' }), null, 'a fair price nobody told must not settle at zero');
  assert.equal(price({}), null);
});

test('a new grid, new words, a pause: each event carries its own fields and nothing else', () => {
  const grid = { price_level_structure: 'deci_cent', price_ranges: [{ start: '0', end: '1', step: '0.001' }] };
  const changed = bodyOf('market_lifecycle_v2', { ...LIFE, event_type: 'price_level_structure_updated', ...grid });
  assert.deepEqual((changed as LifecycleMessage).bands, [{ start: 0, end: 10_000, step: 10 }]);
  const named = bodyOf('market_lifecycle_v2', {
    ...LIFE,
    event_type: 'price_level_structure_updated',
    price_level_structure: 'deci_cent',
  });
  assert.equal((named as LifecycleMessage).bands, null, 'a name is not a grid');
  const words = bodyOf('market_lifecycle_v2', { ...LIFE, event_type: 'metadata_updated', floor_strike: 95_000.5 });
  assert.deepEqual((words as LifecycleMessage).strike, { type: '', floor: 95_000.5, cap: null, subject: '' });
  const paused = bodyOf('multivariate_market_lifecycle', GOOD['multivariate_market_lifecycle']);
  assert.equal((paused as LifecycleMessage).isDeactivated, true);
});

test('events: their collateral and their fees, whose nulls clear and whose absence does not', () => {
  assert.deepEqual(bodyOf('event_lifecycle', GOOD['event_lifecycle']), {
    eventTicker: 'TSTEVT-26NOV23',
    seriesTicker: 'TSTEVT',
    title: 'T',
    subtitle: '',
    collateralReturn: 'MECNET',
    exchangeIndex: 2,
    strikeTime: 1_794_000_000_000_000,
    strikePeriod: 'day',
  });
  const fees = { eventTicker: 'TSTEVT-26NOV23', feeType: 'quadratic', multiplier: '0.5' };
  assert.deepEqual(bodyOf('event_fee_update', GOOD['event_fee_update']), fees);
  const cleared = { event_ticker: 'E', fee_type_override: null, fee_multiplier_override: null };
  assert.deepEqual(bodyOf('event_fee_update', cleared), { eventTicker: 'E', feeType: null, multiplier: null });
  assert.equal(kindOf('event_fee_update', { event_ticker: 'E' }), 'malformed');
  assert.equal(kindOf('event_fee_update', { ...cleared, fee_multiplier_override: -1 }), 'malformed');
});

test('requests and quotes: contracts or dollars, legs, both parties, an order in the end', () => {
  assert.deepEqual(bodyOf('rfq_created', GOOD['rfq_created']), {
    rfqId: 'r1',
    creatorId: '',
    ticker: 'TSTEVT-26NOV23-A',
    eventTicker: '',
    count: 10_000,
    targetCost: null,
    collection: 'TSTMVE-R',
    legs: [{ eventTicker: 'E', ticker: 'L', side: 'no', settledYes: 0 }],
    time: 1_793_527_200_000_000,
  });
  const deleted = bodyOf('rfq_deleted', GOOD['rfq_deleted']) as { targetCost: number; time: number; count: unknown };
  assert.deepEqual([deleted.targetCost, deleted.time, deleted.count], [10_000_000, 1_793_527_201_500_000, null]);
  const quote = {
    quoteId: 'q1',
    rfqId: 'r1',
    quoteCreatorId: 'me',
    rfqCreatorId: 'them',
    ticker: 'TSTEVT-26NOV23-A',
    eventTicker: 'TSTEVT-26NOV23',
    yesBid: 3500,
    noBid: 0,
    yesCount: 10_000,
    noCount: null,
    rfqTargetCost: 350_000,
    subaccount: 3,
    time: 1_793_527_320_000_000,
  };
  assert.deepEqual(bodyOf('quote_created', GOOD['quote_created']), quote);
  const accepted = { ...quote, acceptedSide: 'yes', acceptedCount: 5000 };
  assert.deepEqual(bodyOf('quote_accepted', GOOD['quote_accepted']), accepted);
  const executed = bodyOf('quote_executed', GOOD['quote_executed']) as { orderId: string; clientOrderId: string };
  assert.deepEqual([executed.orderId, executed.clientOrderId], ['o1', 'c1']);
});

test('reference prices: exact to 1e-8 dollars, averages with their windows, and what the provider sent', () => {
  const said = bodyOf('cfbenchmarks_value', GOOD['cfbenchmarks_value']) as Record<string, unknown>;
  const average = {
    value: 6_800_012_000_000,
    ticks: 60,
    start: 1_794_000_000_000_000,
    end: 1_794_000_060_000_000,
  };
  assert.deepEqual(
    [said['indexId'], said['value'], said['sourceTime'], said['receivedTime'], said['average60s']],
    ['BRTI', 6_800_012_000_000, 1_794_000_000_123_000, 1_794_000_000_223_000, average],
  );
  assert.deepEqual(said['quarterHourAverage'], { ...average, ticks: 14 });
  const fast = bodyOf('cfbenchmarks_value_5hz', GOOD['cfbenchmarks_value_5hz']) as { value: number };
  assert.equal(fast.value, 12_345_678);
  const oil = bodyOf('pyth_value', GOOD['pyth_value']) as { value: number; indexId: string };
  assert.deepEqual([oil.indexId, oil.value], ['WTI', -3_763_000_000]);
  const still = bodyOf('cfbenchmarks_value', { index_id: 'BRTI', received_at: 1, data: '{"type":"heartbeat"}' });
  assert.equal((still as { value: unknown }).value, null);
  assert.equal(kindOf('cfbenchmarks_value', { index_id: 'BRTI', data: '{' }), 'malformed');
  assert.deepEqual(bodyOf('cfbenchmarks_value_indexlist', GOOD['cfbenchmarks_value_indexlist']), {
    ids: ['BRTI', 'ETHUSD_RTI'],
  });
  assert.deepEqual(bodyOf('pyth_value_underlying_list', GOOD['pyth_value_underlying_list']), { ids: ['WTI'] });
});

test('every error code has a name of its own; 10 and 25 end the subscription, others do not', () => {
  assert.equal(FEED_ERRORS.size, 28);
  assert.equal(new Set([...FEED_ERRORS.values()].map((e) => e.name)).size, 28);
  const terminal = [...FEED_ERRORS.values()].filter((e) => e.terminal).map((e) => e.code);
  assert.deepEqual(terminal, [10, 25]);
  assert.deepEqual(feedError(99), { code: 99, name: 'unknown_99', terminal: false });
  assert.equal(kindOf('error', { code: 26, msg: 'too many', market_tickers: ['A', 'B'] }), 'error');
  const { name, text, tickers: about } = decoder.detail as ErrorMessage;
  assert.deepEqual([name, text, about], ['market_limit', 'too many', ['A', 'B']]);
});

test('replies: every list an update can answer with, and the list of subscriptions', () => {
  const lists = { market_tickers: ['A'], market_ids: ['i'], index_ids: ['BRTI'], underlying_tickers: ['WTI'] };
  assert.deepEqual(bodyOf('ok', lists), {
    tickers: ['A'],
    marketIds: ['i'],
    indexIds: ['BRTI'],
    underlyings: ['WTI'],
    subscriptions: null,
  });
  const subscriptions = [
    { channel: 'fill', sid: 3 },
    { channel: 'trade', sid: 1 },
  ];
  assert.deepEqual((bodyOf('ok', subscriptions) as { subscriptions: unknown }).subscriptions, subscriptions);
  assert.equal(kindOf('ok', { market_tickers: ['A', 7] }), 'malformed');
});

/** Fields that are known but of no use to us, deprecated ones mostly: not looked at. */
const UNREAD: readonly string[] = ['market_id', 'ts', 'time', 'is_taker'];
const WRONG = [7.5, {}, [[]], 'never', -1, true];

test('a known field of a wrong type or range makes the frame malformed, whatever the channel', () => {
  for (const [type, msg] of Object.entries(GOOD)) {
    bodyOf(type, msg);
    for (const field of Object.keys(msg)) {
      if (UNREAD.includes(field)) continue;
      const kinds = WRONG.map((value) => kindOf(type, { ...msg, [field]: value }));
      assert.ok(kinds.includes('malformed'), `${type}.${field} takes anything`);
      for (const kind of kinds) assert.ok(kind === 'malformed' || kind === type, `${type}.${field}: ${kind}`);
      assert.equal(
        kindOf(type, { ...msg, [field]: {} }),
        field === 'custom_strike' ? type : 'malformed',
        `${type}.${field}`,
      );
      assert.match(decoder.reason, new RegExp(`^${type}: `));
      assert.deepEqual([decoder.sid, decoder.seq], [4, 7], 'it keeps its place in the sequence');
    }
  }
});

test('a required field that is missing is told by name', () => {
  const required: readonly (readonly [string, string])[] = [
    ['ticker', 'market_ticker'],
    ['event_lifecycle', 'event_ticker'],
    ['rfq_created', 'id'],
    ['quote_created', 'yes_bid_dollars'],
    ['quote_executed', 'order_id'],
    ['cfbenchmarks_value_5hz', 'value_usd'],
    ['pyth_value', 'underlying_ticker'],
    ['cfbenchmarks_value_indexlist', 'index_ids'],
    ['pyth_value_underlying_list', 'underlying_tickers'],
  ];
  for (const [type, field] of required) {
    const { [field]: _gone, ...rest } = GOOD[type]!;
    assert.equal(kindOf(type, rest), 'malformed');
    assert.match(decoder.reason, new RegExp(field));
  }
  for (const type of Object.keys(GOOD)) assert.equal(kindOf(type, null), 'malformed', type);
});

test('recorded frames of every channel are read and hold nothing we do not know', (t) => {
  const file = new URL('../../../shared/feeds/fp_prod_every_channel_20260520.ndjson.gz', import.meta.url);
  if (!existsSync(file)) return t.skip('recordings absent');
  const fresh = new FrameDecoder(new TickerTable(), { yesPrices: false });
  const seen = new Set<string>();
  for (const line of gunzipSync(readFileSync(file)).toString().trimEnd().split('\n')) {
    const kind = fresh.decode(Buffer.from(line.slice(line.indexOf('"frame":') + 8, -1)));
    assert.ok(kind !== Frame.Other && kind !== Frame.Malformed && kind !== Frame.Garbage, `${fresh.reason} ${line}`);
    seen.add(FRAME_NAMES[kind]!);
  }
  for (const type of ['ticker', 'event_lifecycle', 'multivariate_market_lifecycle', 'rfq_created', 'rfq_deleted'])
    assert.ok(seen.has(type), type);
  assert.deepEqual(fresh.drift.list(), []);
});
