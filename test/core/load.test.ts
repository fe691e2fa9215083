import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MarketView, Quotes, Strategy } from '../../engine/quoting/index.ts';
import { ASK, BID, type Count, type TimeUs } from '../../engine/units/index.ts';
import { createLadder } from '../../strategies/ladder/index.ts';
import { BenchVenue, testConfig } from '../support/bench-venue.ts';

const T = 'TST-A';

/** The ladder, counting how often it is asked. */
class Counting implements Strategy {
  readonly name = 'counting';
  asked = 0;
  private readonly ladder = createLadder({});

  quote(view: MarketView, quotes: Quotes): void {
    this.asked++;
    this.ladder.quote(view, quotes);
  }
}

test('two hundred markets waiting for tokens are not looked at again on every frame', () => {
  const tickers = Array.from({ length: 200 }, (_, i) => `TST-M${i}`);
  const base = testConfig(tickers);
  const strategy = new Counting();
  const config = { ...base, risk: { ...base.risk, maxOrders: 10_000 } };
  const venue = new BenchVenue(config, { strategy });
  for (const ticker of tickers) {
    venue.rest(ticker, BID, '0.4500', 100);
    venue.rest(ticker, ASK, '0.5500', 100);
  }
  venue.linkUp();
  for (let i = 0; i < 3000 && venue.engine.phase === 'starting'; i++) venue.run(20);
  assert.equal(venue.engine.phase, 'running');
  venue.run(100);
  const waiting = venue.engine.status().markets.filter((m) => m.bid.reason === 'no_tokens').length;
  assert.ok(waiting > 100, `${waiting} markets wait for tokens`);
  const before = strategy.asked;
  for (let n = 0; n < 50; n++) {
    venue.engine.onFrame(
      Buffer.from(`{"type":"ticker","sid":77,"msg":{"market_ticker":"TST-M0"}}`),
      venue.timeUs as TimeUs,
    );
  }
  assert.equal(strategy.asked - before, 0);
});

test('orders in doubt during a long hang do not pile up reads', () => {
  const tickers = Array.from({ length: 12 }, (_, i) => `TST-${i}`);
  const base = testConfig(tickers);
  const config = { ...base, risk: { ...base.risk, maxOrders: 1000 } };
  const venue = new BenchVenue(config, { tier: 'advanced' });
  for (const ticker of tickers) {
    venue.rest(ticker, BID, '0.4500', 100);
    venue.rest(ticker, ASK, '0.5500', 100);
  }
  venue.linkUp();
  for (let i = 0; i < 500 && venue.engine.phase === 'starting'; i++) venue.run(20);
  // Every create is lost on the way, and no read is answered.
  venue.travelUs = () => 3_600_000_000;
  venue.run(60_000);
  assert.ok(venue.engine.status().unknownOrders > 10);
  venue.travelUs = () => 2000;
  const before = venue.requests.length;
  venue.run(20_000);
  const reads = venue.requests.slice(before).filter((r) => r.method === 'GET').length;
  assert.ok(reads < 200, `${reads} reads in the twenty seconds after the hang`);
  assert.equal(venue.engine.status().unknownOrders, 0, 'twenty seconds after the hang everything is resolved');
});

test('a cancel that the exchange refuses is repeated calmly, and creates elsewhere keep their tokens', () => {
  const venue = new BenchVenue(testConfig([T], { replace: 'cancel_create' }));
  venue.rest(T, BID, '0.4500', 100);
  venue.rest(T, ASK, '0.5500', 100);
  venue.start();
  venue.faults.onOutcome = (request, outcome) => {
    if (request.op !== 'cancelOrders' || outcome.kind !== 'response') return outcome;
    const ids = (JSON.parse(request.body) as { orders: { order_id: string }[] }).orders;
    const orders = ids.map((o) => ({ order_id: o.order_id, reduced_by: '0.00', error: { code: 'market_inactive' } }));
    return { kind: 'response', status: 200, body: JSON.stringify({ orders }) };
  };
  // The stream keeps quiet too, so the engine believes what it is told.
  venue.faults.onFrame = (text) => (text.includes('"user_order"') ? null : text);
  const before = venue.requests.length;
  venue.unrest(T, BID, '0.4500', 100);
  venue.rest(T, BID, '0.4000', 100);
  venue.run(5000);
  const cancels = venue.requests.slice(before).filter((r) => r.op === 'cancelOrders').length;
  assert.ok(cancels > 1 && cancels <= 40, `${cancels} cancels in 5 s`);
});

test('a slow exchange does not make the write mirror run ahead of it', () => {
  const tickers = Array.from({ length: 12 }, (_, i) => `TST-${i}`);
  const base = testConfig(tickers);
  const config = { ...base, risk: { ...base.risk, maxOrders: 1000 }, groupLimit: 10_000_000 as Count };
  const venue = new BenchVenue(config);
  for (const ticker of tickers) {
    venue.rest(ticker, BID, '0.4500', 100);
    venue.rest(ticker, ASK, '0.5500', 100);
  }
  venue.start();
  // Whatever is sent within three seconds arrives at the end of them, all at once.
  const from = venue.timeUs;
  venue.travelUs = () => 3_000_000 - ((venue.timeUs - from) % 3_000_000);
  for (let n = 0; n < 90; n++) {
    const [gone, come] = n % 2 === 0 ? ['0.4500', '0.4000'] : ['0.4000', '0.4500'];
    for (const ticker of tickers) {
      venue.unrest(ticker, BID, gone, 100);
      venue.rest(ticker, BID, come, 100);
    }
    venue.run(100);
  }
  assert.ok(venue.requests.length > 30, `${venue.requests.length} requests`);
  assert.equal(venue.refusals429, 0);
});

for (const where of ['onFill', 'onTrade', 'quote'] as const) {
  test(`a strategy that throws in ${where}: the market's quotes are pulled, the session goes on`, () => {
    let broken = false;
    const ladder = createLadder({});
    const bug = (): void => {
      if (broken) throw new TypeError('undefined is not a function');
    };
    const strategy: Strategy = {
      name: 'buggy',
      quote: (view, quotes) => {
        if (where === 'quote' && view.ticker === T) bug();
        ladder.quote(view, quotes);
      },
      onFill: (ticker) => (where === 'onFill' && ticker === T ? bug() : undefined),
      onTrade: (ticker) => (where === 'onTrade' && ticker === T ? bug() : undefined),
    };
    const venue = new BenchVenue(testConfig([T, 'TST-B']), { strategy });
    for (const ticker of [T, 'TST-B']) {
      venue.rest(ticker, BID, '0.4500', 100);
      venue.rest(ticker, ASK, '0.5500', 100);
    }
    venue.start();
    broken = true;
    venue.trade(T, BID, '0.4000', 5);
    venue.run(1000);
    assert.ok(venue.reported('strategy_failed'));
    assert.equal(venue.resting(T, BID).length + venue.resting(T, ASK).length, 0);
    assert.ok(venue.resting('TST-B', BID).length > 0);
    assert.equal(venue.engine.status().markets[0]!.position, venue.position(T));
    assert.equal(venue.engine.status().markets[0]!.bid.reason, 'strategy_failed');
  });
}
