import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestOutcome } from '../../engine/core/index.ts';
import { DECI_CENT } from '../../engine/market/index.ts';
import { ASK, BID, type TimeUs } from '../../engine/units/index.ts';
import { BenchVenue, testConfig } from '../support/bench-venue.ts';

const T = 'TST-A';
const CENTS = [{ start: '0.0000', end: '1.0000', step: '0.0100' }];
const TENTHS = [{ start: '0.0000', end: '1.0000', step: '0.0010' }];

/** A market description with another grid than the exchange's own. */
function withBands(outcome: RequestOutcome, bands: unknown): RequestOutcome {
  if (outcome.kind !== 'response' || outcome.status !== 200) return outcome;
  const body = JSON.parse(outcome.body) as { market?: object; markets?: object[] };
  const told = (market: object): object => ({ ...market, price_ranges: bands });
  if (body.markets !== undefined)
    return { ...outcome, body: JSON.stringify({ ...body, markets: body.markets.map(told) }) };
  return { ...outcome, body: JSON.stringify({ market: told(body.market!) }) };
}

/** An exchange that matches in tenths of a cent and says it is whole cents, until it says otherwise. */
class Changing {
  told: unknown = CENTS;
  readonly venue: BenchVenue;
  private seq = 1000;

  constructor(tickers: readonly string[] = [T]) {
    this.venue = new BenchVenue(testConfig(tickers), { grid: DECI_CENT });
    this.venue.faults.onOutcome = (request, outcome) =>
      request.op === 'getMarket' || request.op === 'getMarkets' ? withBands(outcome, this.told) : outcome;
    for (const ticker of tickers) {
      this.venue.rest(ticker, BID, '0.4500', 100);
      this.venue.rest(ticker, ASK, '0.5500', 100);
    }
    this.venue.start();
  }

  /** A lifecycle message about the market. */
  tell(event: string, fields: object = {}): void {
    const msg = { market_ticker: T, event_type: event, ...fields };
    this.frame({ type: 'market_lifecycle_v2', sid: 4, seq: this.seq++, msg });
  }

  frame(frame: object): void {
    this.venue.engine.onFrame(Buffer.from(JSON.stringify(frame)), this.venue.timeUs as TimeUs);
  }

  /** The grid changes; the exchange accepts finer prices from now on. */
  refine(fields: object): void {
    this.told = TENTHS;
    this.tell('price_level_structure_updated', { price_level_structure: 'deci_cent', ...fields });
  }

  prices(side: 0 | 1): number[] {
    return this.venue.resting(T, side).map((o) => o.price);
  }
}

test('a finer grid under a quoted market: levels and orders are kept, quoting goes on at the new prices', () => {
  const changing = new Changing();
  const { venue } = changing;
  const before = venue.engine.status();
  const top = before.markets[0]!;
  assert.ok(before.liveOrders > 0 && changing.prices(BID).every((p) => p % 100 === 0));
  changing.refine({ price_ranges: TENTHS });
  const view = venue.engine.status().markets[0]!;
  assert.deepEqual([view.bid.bookPrice, view.bid.bookCount], [top.bid.bookPrice, top.bid.bookCount]);
  assert.deepEqual([view.ask.bookPrice, view.ask.bookCount], [top.ask.bookPrice, top.ask.bookCount]);
  assert.ok(venue.engine.status().liveOrders >= before.liveOrders, 'no order of ours is forgotten');
  assert.deepEqual([view.status, view.bid.reason, view.ask.reason], ['active', 'quoting', 'quoting']);
  assert.ok(view.bid.ourCount > 0 && view.ask.ourCount > 0, 'our orders are still known');
  assert.match(venue.reported('grid_changed')!.text, /999 levels/);
  venue.rest(T, BID, '0.4730', 500);
  venue.run(3000);
  const now = venue.engine.status().markets[0]!;
  assert.equal(now.stale, '', 'a price off the old grid is an ordinary level now');
  assert.ok(now.bid.bookPrice >= 4730);
  assert.ok(
    [...changing.prices(BID), ...changing.prices(ASK)].some((p) => p % 100 !== 0),
    'quotes between the cents',
  );
  assert.equal(venue.engine.status().unknownOrders, 0);
  assert.equal(venue.engine.status().liveOrders, changing.prices(BID).length + changing.prices(ASK).length);
  venue.stop();
  assert.equal(venue.engine.stopResult?.clean, true);
});

test('a grid announced by name only is read from the market; reads that lag are not believed at once', () => {
  const changing = new Changing();
  const { venue } = changing;
  changing.tell('price_level_structure_updated', { price_level_structure: 'deci_cent' });
  venue.run(1500);
  assert.equal(venue.engine.status().markets[0]!.bid.reason, 'grid_changing');
  assert.equal(venue.resting(T, BID).length + venue.resting(T, ASK).length, 0, 'no quotes on a grid that is over');
  changing.told = TENTHS;
  venue.run(5000);
  assert.equal(venue.engine.status().markets[0]!.bid.reason, 'quoting');
  assert.match(venue.reported('grid_changed')!.text, /999 levels \(deci_cent\)/);
});

test('a grid that is read as unchanged again and again is the one in force', () => {
  const changing = new Changing();
  changing.tell('price_level_structure_updated', { price_level_structure: 'linear_cent' });
  changing.venue.run(20_000);
  assert.equal(changing.venue.engine.status().markets[0]!.bid.reason, 'quoting');
});

test('a coarser grid with levels in the way: no quotes, the levels named, and on by itself once they are gone', () => {
  const changing = new Changing();
  const { venue } = changing;
  changing.refine({ price_ranges: TENTHS });
  venue.rest(T, BID, '0.4510', 40);
  venue.run(3000);
  changing.told = CENTS;
  changing.tell('price_level_structure_updated', { price_level_structure: 'linear_cent', price_ranges: CENTS });
  assert.match(venue.reported('grid_misfit')!.text, /bid at 4[0-9.]+c/);
  venue.run(1000);
  const during = venue.engine.status().markets[0]!;
  assert.deepEqual([during.bid.reason, during.stale], ['grid_changing', '']);
  assert.equal(venue.resting(T, BID).length, 0);
  venue.unrest(T, BID, '0.4510', 40);
  venue.run(3000);
  assert.equal(venue.engine.status().markets[0]!.bid.reason, 'quoting');
  assert.ok([...changing.prices(BID), ...changing.prices(ASK)].every((p) => p % 100 === 0));
});

test('a grid that changes while the book is stale is taken with the next snapshot', () => {
  const changing = new Changing();
  const { venue } = changing;
  let lost = 0;
  venue.faults.onFrame = (text) => {
    if (text.includes('orderbook_snapshot')) return null;
    return lost++ === 0 ? null : text;
  };
  venue.rest(T, BID, '0.4400', 7);
  venue.rest(T, BID, '0.4300', 7);
  venue.run(200);
  assert.notEqual(venue.engine.status().markets[0]!.stale, '');
  changing.refine({ price_ranges: TENTHS });
  venue.rest(T, BID, '0.4610', 7);
  delete venue.faults.onFrame;
  venue.run(10_000);
  const view = venue.engine.status().markets[0]!;
  assert.deepEqual([view.stale, view.bid.reason], ['', 'quoting']);
});

test('a grid neither finer nor coarser than the old one, under a stale book: the snapshot is loaded on the new one', () => {
  const changing = new Changing();
  const { venue } = changing;
  let lost = 0;
  venue.faults.onFrame = (text) => (text.includes('orderbook_snapshot') || lost++ === 0 ? null : text);
  venue.unrest(T, BID, '0.4500', 100);
  venue.unrest(T, ASK, '0.5500', 100);
  venue.rest(T, BID, '0.4400', 100);
  venue.rest(T, ASK, '0.5600', 100);
  venue.run(200);
  assert.notEqual(venue.engine.status().markets[0]!.stale, '');
  // Half cents at the edges, two cents between: 4.5c lies on the new grid only, 45c on the old one only.
  const bands = [
    { start: '0.0000', end: '0.1000', step: '0.0050' },
    { start: '0.1000', end: '0.9000', step: '0.0200' },
    { start: '0.9000', end: '1.0000', step: '0.0050' },
  ];
  changing.told = bands;
  changing.tell('price_level_structure_updated', { price_level_structure: 'new', price_ranges: bands });
  venue.rest(T, BID, '0.0450', 40);
  delete venue.faults.onFrame;
  venue.run(3000);
  const view = venue.engine.status().markets[0]!;
  assert.deepEqual([view.stale, view.bid.reason, venue.engine.status().recoveries], ['', 'quoting', 0]);
});

test('a grid that makes no sense is read again, not quoted on', () => {
  const changing = new Changing();
  const nonsense = [{ start: '0.0000', end: '1.0000', step: '0.0300' }];
  changing.told = TENTHS;
  changing.tell('price_level_structure_updated', { price_level_structure: 'new', price_ranges: nonsense });
  assert.equal(changing.venue.engine.status().markets[0]!.bid.reason, 'grid_changing');
  assert.match(changing.venue.reported('grid_unknown')!.text, /makes no sense/);
  changing.venue.run(5000);
  assert.equal(changing.venue.engine.status().markets[0]!.bid.reason, 'quoting');
});

test('a result without a value does not settle the position at zero', () => {
  const changing = new Changing();
  const { venue } = changing;
  venue.trade(T, BID, '0.4000', 10);
  venue.run(1000);
  const before = venue.engine.status();
  assert.notEqual(before.markets[0]!.position, 0);
  changing.tell('determined', { result: 'scalar' });
  const after = venue.engine.status();
  assert.ok(venue.reported('settlement_unknown'));
  assert.equal(after.markets[0]!.position, before.markets[0]!.position);
  assert.equal(after.markets[0]!.status, 'determined');
});

test('fees that change for our event are the fees from then on, and cleared they are the series` again', () => {
  const changing = new Changing();
  const { venue } = changing;
  const event = 'TST-E';
  const fees = (fields: object): void => {
    const msg = { event_ticker: event, fee_type_override: null, fee_multiplier_override: null, ...fields };
    changing.frame({ type: 'event_fee_update', sid: 4, seq: 5000, msg });
  };
  fees({ event_ticker: 'ELSEWHERE', fee_type_override: 'flat' });
  assert.equal(venue.reported('fees_changed'), undefined);
  fees({ fee_type_override: 'quadratic_with_maker_fees', fee_multiplier_override: 2 });
  assert.match(venue.reports.at(-1)!.text, /TST-E.*quadratic_with_maker_fees, times 2/);
  fees({ fee_multiplier_override: 1000 });
  assert.ok(venue.reported('fees_unknown'), 'a multiplier of a thousand is a mistake of somebody`s');
  assert.equal(venue.engine.status().markets[0]!.bid.reason, 'fees_unknown');
  fees({});
  assert.match(venue.reports.at(-1)!.text, /its series' type, times its series' multiplier/);
  assert.equal(venue.engine.status().markets[0]!.bid.reason, 'quoting');
});

test('what the feed sends and nobody knows is told once and shown in the status', () => {
  const changing = new Changing();
  const { venue } = changing;
  for (let i = 0; i < 3; i++) changing.frame({ type: 'moon_phase', sid: 9, msg: {} });
  venue.run(100);
  venue.run(100);
  const told = venue.reports.filter((r) => r.code === 'feed_drift');
  assert.equal(told.length, 1);
  assert.match(told[0]!.text, /new type moon_phase/);
  assert.deepEqual(
    venue.engine.status().drift.map((d) => [d.type, d.frames]),
    [['moon_phase', 3]],
  );
  assert.equal(venue.engine.status().markets[0]!.bid.reason, 'quoting');
});
