import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Strategy, TokenBucket } from '../../engine/quoting/index.ts';
import { ASK, BID, type Count, type Price, type TimeUs } from '../../engine/units/index.ts';
import { BenchVenue, testConfig } from '../support/bench-venue.ts';

const T = 'TST-A';

function listed(overrides: Parameters<typeof testConfig>[1] = {}, strategy?: Strategy): BenchVenue {
  const venue = new BenchVenue(testConfig([T, 'TST-B'], overrides), strategy === undefined ? {} : { strategy });
  for (const ticker of [T, 'TST-B']) {
    venue.rest(ticker, BID, '0.4500', 100);
    venue.rest(ticker, ASK, '0.5500', 100);
  }
  return venue;
}

function quoted(overrides: Parameters<typeof testConfig>[1] = {}): BenchVenue {
  const venue = listed(overrides);
  venue.start();
  assert.ok(ours(venue) > 0, 'quotes before');
  return venue;
}

function ours(venue: BenchVenue): number {
  return venue.resting(T, BID).length + venue.resting(T, ASK).length;
}

function reason(venue: BenchVenue): string {
  return venue.engine.status().markets[0]!.bid.reason;
}

const namesMarket = (text: string): boolean => text.includes(`"market_ticker":"${T}"`);

test('never quoted: a book of which no snapshot has come', () => {
  const venue = listed();
  venue.faults.onFrame = (text) => (text.includes('orderbook_snapshot') && namesMarket(text) ? null : text);
  venue.linkUp();
  venue.run(2500);
  assert.equal(reason(venue), 'book_not_seen');
  assert.ok(!venue.requests.some((r) => r.op === 'createOrders' && r.body.includes(T)));
  assert.ok(venue.resting('TST-B', BID).length > 0, 'the other market is quoted');
  venue.faults = {};
  venue.run(3000);
  assert.ok(ours(venue) > 0);
});

test('never quoted: a stale book', () => {
  const venue = quoted();
  venue.faults.onFrame = (text) =>
    text.includes('orderbook_snapshot') ? null : text.replace('"delta_fp":"7.00"', '"delta_fp":"-7.00"');
  venue.rest(T, BID, '0.4400', 7);
  venue.run(1000);
  assert.deepEqual([reason(venue), ours(venue)], ['book_stale', 0]);
});

test('never quoted: a one-sided book, unless config and strategy both consent', () => {
  for (const quoteOneSided of [false, true]) {
    const venue = quoted({ quoteOneSided });
    venue.unrest(T, ASK, '0.5500', 100);
    venue.run(2000);
    // The ladder has no fair value without two sides: it does not consent.
    assert.deepEqual([reason(venue), ours(venue)], ['book_one_sided', 0], `quoteOneSided ${quoteOneSided}`);
  }
});

test('quoted: a one-sided book to which config and strategy both consent', () => {
  const willing: Strategy = {
    name: 'willing',
    quote: (view, quotes) => quotes.bid(view.grid.price(view.bestLevel(BID)), 100 as Count),
  };
  for (const quoteOneSided of [false, true]) {
    const venue = listed({ quoteOneSided }, willing);
    venue.unrest(T, ASK, '0.5500', 100);
    venue.start();
    assert.equal(ours(venue) > 0, quoteOneSided);
    assert.equal(reason(venue), quoteOneSided ? 'quoting' : 'book_one_sided');
  }
});

test('never quoted: a book that is one-sided but for our own order', () => {
  const willing: Strategy = {
    name: 'willing',
    quote: (_, quotes) => {
      quotes.bid(4400 as Price, 100 as Count);
      quotes.ask(5600 as Price, 100 as Count);
    },
  };
  const venue = listed({}, willing);
  venue.start();
  assert.equal(ours(venue), 2);
  venue.unrest(T, ASK, '0.5500', 100);
  venue.run(1000);
  assert.deepEqual([reason(venue), ours(venue)], ['book_one_sided', 0]);
});

test('never quoted: a crossed book; one that stays crossed is replaced', () => {
  const venue = quoted();
  let wrong = 0;
  venue.faults.onFrame = (text) => {
    if (!text.includes('"delta_fp":"7.00"') || wrong > 0) return text;
    wrong++;
    return text.replace('"0.4400"', '"0.6000"');
  };
  venue.rest(T, BID, '0.4400', 7);
  venue.run(1000);
  assert.deepEqual([reason(venue), ours(venue), wrong], ['book_crossed', 0, 1]);
  venue.run(3000);
  assert.match(venue.reported('book_crossed')!.text, /best bid 60 does not lie below its best ask 5\d/);
  assert.ok(ours(venue) > 0);
  assert.equal(venue.engine.status().recoveries, 0);
});

test('never quoted: a market that is not active, whatever its book', () => {
  for (const status of ['inactive', 'closed', 'initialized', 'determined'] as const) {
    const venue = listed();
    venue.exchange.markets.get(T)!.listing.status = status;
    venue.start();
    venue.run(1000);
    assert.deepEqual([reason(venue), ours(venue)], ['market_not_active', 0], status);
    assert.ok(!venue.requests.some((r) => r.op === 'createOrders' && r.body.includes(T)), status);
  }
});

test('what the stream said of a market is not taken back by a read that lags', () => {
  const venue = quoted();
  const sid = 4;
  const tell = (event: string, seq: number): void => {
    const msg = { market_ticker: T, event_type: event };
    const frame = JSON.stringify({ type: 'market_lifecycle_v2', sid, seq, msg });
    venue.engine.onFrame(Buffer.from(frame), venue.timeUs as TimeUs);
  };
  tell('created', 1);
  tell('deactivated', 2);
  const reads = venue.requests.filter((r) => r.op === 'getMarkets').length;
  // A gap in the same channel has the markets read; the exchange's list still says active.
  tell('metadata_updated', 4);
  venue.run(3000);
  assert.ok(venue.requests.filter((r) => r.op === 'getMarkets').length > reads);
  assert.deepEqual([reason(venue), ours(venue)], ['market_not_active', 0]);
});

test('a quiet check leaves half of the read budget to what cannot wait', () => {
  const venue = quoted({ timing: { ...testConfig([T]).timing, quietCheckMs: 50, retryMs: 20 } });
  const { ctx } = venue.engine as unknown as { readonly ctx: { readonly now: TimeUs; readonly reads: TokenBucket } };
  for (let n = 0; n < 200; n++) {
    venue.run(100);
    assert.ok(ctx.reads.available(ctx.now) >= ctx.reads.capacity / 2, 'half of the bucket is left');
  }
  assert.equal(venue.refusals429, 0);
  assert.ok(venue.requests.filter((r) => r.op === 'getBook').length > 50);
  assert.equal(venue.engine.status().counters.deadFeeds, 0);
});
