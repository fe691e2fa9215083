import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventStatus, RequestOutcome } from '../../engine/core/index.ts';
import type { MarketView, Quotes, Strategy } from '../../engine/quoting/index.ts';
import { ASK, BID, type Count, type TimeUs } from '../../engine/units/index.ts';
import { BenchVenue, testConfig, USER } from '../support/bench-venue.ts';

const EVENT = 'TST-E';
const [A, B] = ['TST-A', 'TST-B'];

/** What the exchange says of the event; markets this session does not trade are listed with it. */
interface Told {
  facts: object;
  strikes: Readonly<Record<string, number>>;
}

const LADDER = { mutually_exclusive: false, collateral_return_type: 'DIRECNET' };

function eventBody(told: Told): RequestOutcome {
  const markets = Object.entries(told.strikes).map(([ticker, floor]) => ({
    ticker,
    event_ticker: EVENT,
    status: 'active',
    price_ranges: [{ start: '0.0000', end: '1.0000', step: '0.0100' }],
    strike_type: 'greater',
    floor_strike: floor,
  }));
  const event = { event_ticker: EVENT, series_ticker: 'TST', ...told.facts, markets };
  return { kind: 'response', status: 200, body: JSON.stringify({ event }) };
}

/** Joins the best bid and notes what it is shown of the event. */
class Watcher implements Strategy {
  readonly name = 'watcher';
  readonly seen = new Map<string, string>();

  quote(view: MarketView, quotes: Quotes): void {
    const { event } = view;
    const others = event === null ? [] : event.markets.filter((m) => m.ticker !== view.ticker);
    const bests = others.map(
      (m) => `${m.ticker} ${m.bestPrice(BID)}x${m.bestSize(BID)} ${m.bestPrice(ASK)} ${m.isTrusted}`,
    );
    this.seen.set(view.ticker, `${event === null ? 'none' : event.shape.kind}: ${bests.join(', ')}`);
    // At the touch, so that there is something of ours to leave out.
    quotes.bid(view.grid.price(view.bestLevel(BID)), 300 as Count);
  }
}

class Scene {
  readonly told: Told = { facts: LADDER, strikes: { [A!]: 10, [B!]: 20, 'TST-C': 30 } };
  readonly watcher = new Watcher();
  readonly venue: BenchVenue;
  reads = 0;
  /** Of the next message about markets. */
  seq = 1;

  constructor() {
    this.venue = new BenchVenue(testConfig([A!, B!]), { strategy: this.watcher });
    this.venue.faults.onOutcome = (request, outcome) => {
      if (request.op !== 'getEvent') return outcome;
      if (request.query !== '') this.reads++;
      return eventBody(this.told);
    };
    for (const [ticker, bid] of [
      [A!, '0.6000'],
      [B!, '0.3000'],
    ] as const) {
      this.venue.rest(ticker, BID, bid, 100);
      this.venue.rest(ticker, ASK, '0.9000', 100);
    }
  }

  get event(): EventStatus {
    return this.venue.engine.status().events[0]!;
  }

  tell(type: string, msg: object): void {
    const frame = JSON.stringify({ type, sid: 4, seq: this.seq++, msg });
    this.venue.engine.onFrame(Buffer.from(frame), this.venue.timeUs as TimeUs);
  }
}

test('an event is read with its markets after the account was compared, and a strategy sees its shape and its siblings', () => {
  const { venue, watcher, event } = start();
  assert.deepEqual([event.kind, event.partition, event.markets], ['ladder', false, [A, B, 'TST-C']]);
  assert.equal(event.why, 'nested by strike');
  venue.run(2000);
  assert.ok(venue.exchange.restingOf(USER).length >= 2, 'both are quoted');
  assert.equal(watcher.seen.get(A!), 'ladder: TST-B 3000x10000 9000 true, TST-C 0x0 0 false', 'ours are left out');
  assert.equal(watcher.seen.get(B!), 'ladder: TST-A 6000x10000 9000 true, TST-C 0x0 0 false');
  venue.rest(B!, BID, '0.3100', 7);
  venue.run(100);
  venue.rest(A!, BID, '0.5000', 1);
  venue.run(100);
  assert.equal(watcher.seen.get(A!), 'ladder: TST-B 3100x700 9000 true, TST-C 0x0 0 false', 'books as they are now');
  venue.faults.onFrame = (text) => text.replace('"delta_fp":"9.00"', '"delta_fp":9');
  venue.rest(B!, BID, '0.3200', 9);
  venue.rest(A!, BID, '0.5000', 1);
  venue.run(10);
  assert.equal(watcher.seen.get(A!), 'ladder: TST-B 0x0 0 false, TST-C 0x0 0 false', 'a stale book is not shown');
  venue.run(1000);
  venue.rest(A!, BID, '0.5000', 1);
  venue.run(100);
  assert.match(watcher.seen.get(A!)!, /^ladder: TST-B 3200x\d+ 9000 true/);
  venue.lifecycle(B!, 'deactivated');
  venue.run(100);
  venue.rest(A!, BID, '0.5000', 1);
  venue.run(100);
  assert.equal(watcher.seen.get(A!), 'ladder: TST-B 0x0 0 false, TST-C 0x0 0 false', 'nor one that does not trade');
});

test('news of the event: a market that is added, strikes that change, a result, how collateral returns', () => {
  const scene = start();
  const metadata = { event_ticker: EVENT, strike_type: 'greater', floor_strike: 40 };
  scene.tell('market_lifecycle_v2', { market_ticker: 'TST-D', event_type: 'created', additional_metadata: metadata });
  assert.deepEqual(scene.event.markets, [A, B, 'TST-C', 'TST-D']);
  assert.equal(scene.event.kind, 'ladder');
  scene.tell('market_lifecycle_v2', { market_ticker: 'TST-D', event_type: 'metadata_updated', floor_strike: 30 });
  assert.equal(scene.event.kind, 'unknown', 'two markets with the same strike prove that something is not understood');
  scene.tell('market_lifecycle_v2', { market_ticker: 'TST-D', event_type: 'metadata_updated', floor_strike: 35 });
  assert.equal(scene.event.kind, 'ladder');
  scene.tell('event_lifecycle', { event_ticker: EVENT, series_ticker: 'TST', collateral_return_type: 'MECNET' });
  assert.equal(scene.event.kind, 'unknown', 'contradicts what was read');
  scene.tell('event_lifecycle', { event_ticker: 'FOREIGN', series_ticker: 'TST', collateral_return_type: 'MECNET' });
  assert.equal(scene.venue.engine.status().events.length, 1);
});

test('a market may have been added unheard: nothing is concluded before the event was read again', () => {
  for (const how of ['gap', 'reconnect'] as const) {
    const scene = start();
    const { venue, told } = scene;
    const before = scene.reads;
    told.strikes = { ...told.strikes, 'TST-D': 40 };
    if (how === 'gap') {
      scene.tell('market_lifecycle_v2', { market_ticker: 'X', event_type: 'activated' });
      scene.tell('market_lifecycle_v2', { market_ticker: 'X', event_type: 'deactivated' });
      scene.seq += 3;
      scene.tell('market_lifecycle_v2', { market_ticker: 'X', event_type: 'activated' });
    } else venue.linkDown();
    if (how === 'reconnect') venue.run(10);
    assert.deepEqual([scene.event.kind, scene.event.why], ['unknown', 'not all markets of the event are known'], how);
    if (how === 'reconnect') venue.linkUp();
    venue.run(3000);
    assert.ok(scene.reads > before);
    assert.deepEqual([scene.event.kind, scene.event.markets], ['ladder', [A, B, 'TST-C', 'TST-D']], how);
  }
});

test('a list asked for before a market may have been added does not count as whole', () => {
  const scene = start();
  const { venue, told } = scene;
  const news = (): void => scene.tell('market_lifecycle_v2', { market_ticker: 'X', event_type: 'activated' });
  const gap = (): void => {
    scene.seq += 3;
    news();
  };
  const before = scene.reads;
  venue.faults.onOutcome = (request, outcome) => {
    if (request.op !== 'getEvent') return outcome;
    const body = eventBody(told);
    // Added, unheard, when the list was already on its way.
    if (++scene.reads === before + 1) {
      told.strikes = { ...told.strikes, 'TST-D': 40 };
      gap();
    }
    return body;
  };
  news();
  gap();
  for (let n = 0; n < 300; n++) {
    venue.run(10);
    assert.ok(scene.event.kind === 'unknown' || scene.event.markets.length === 4, scene.event.markets.join());
  }
  assert.deepEqual([scene.event.kind, scene.reads], ['ladder', before + 2]);
});

test('an event that cannot be read concludes nothing, hinders nobody, and is asked for again', () => {
  const withoutOurs = eventBody({ facts: LADDER, strikes: { [A!]: 10, 'TST-C': 30 } }) as { readonly body: string };
  for (const [body, why] of [
    [withoutOurs.body, /TST-E: .*the answer does not list them/],
    ['{"event":{"event_ticker":7}}', /TST-E: the event's markets cannot be read.*event_ticker/],
    ['{"event":{"event_ticker":"TST-E","series_ticker":"TST"}}', /TST-E: .*the answer does not list them/],
    ['{"event":{"event_ticker":"OTHER","series_ticker":"TST"},"markets":[]}', /TST-E: .*does not list them/],
  ] as const) {
    const scene = new Scene();
    const { venue } = scene;
    let broken = true;
    venue.faults.onOutcome = (request, outcome) => {
      if (request.op !== 'getEvent' || request.query === '') return outcome;
      scene.reads++;
      return broken ? { kind: 'response', status: 200, body } : eventBody(scene.told);
    };
    venue.start();
    venue.run(500);
    assert.equal(scene.event.kind, 'unknown');
    assert.equal(scene.reads, 1, 'not again and again');
    assert.match(venue.reported('event_unknown')!.text, why);
    assert.match(scene.watcher.seen.get(A!)!, /^(none|unknown): /);
    assert.ok(venue.exchange.restingOf(USER).length > 0, 'quoting goes on');
    broken = false;
    venue.run(11_000);
    assert.equal(scene.event.kind, 'ladder');
  }
});

test('fees may have changed unheard: they are taken from the event when it is read again', () => {
  const changed = { fee_type_override: 'quadratic_with_maker_fees', fee_multiplier_override: 2 };
  for (const how of ['gap', 'reconnect', 'unreadable'] as const) {
    const scene = start();
    const { venue, told } = scene;
    told.facts = { ...LADDER, ...changed };
    venue.run(1000);
    assert.equal(venue.reported('fees_changed'), undefined);
    if (how === 'gap') {
      scene.tell('market_lifecycle_v2', { market_ticker: 'X', event_type: 'activated' });
      scene.seq += 3;
      scene.tell('market_lifecycle_v2', { market_ticker: 'X', event_type: 'activated' });
    } else if (how === 'unreadable') {
      scene.tell('event_fee_update', { event_ticker: EVENT, ...changed, fee_multiplier_override: 'x' });
    } else {
      venue.linkDown();
      venue.run(10);
      venue.linkUp();
    }
    venue.run(3000);
    assert.match(venue.reported('fees_changed')?.text ?? '', /TST-E.*quadratic_with_maker_fees, times 2/, how);
  }
});

test('what the stream said of fees is not taken back by a read that lags', () => {
  const scene = start();
  scene.tell('event_fee_update', { event_ticker: EVENT, fee_type_override: null, fee_multiplier_override: 2 });
  scene.tell('market_lifecycle_v2', { market_ticker: 'X', event_type: 7 });
  scene.venue.run(3000);
  assert.equal(scene.venue.reports.filter((r) => r.code === 'fees_changed').length, 1);
});

function start(): Scene {
  const scene = new Scene();
  scene.venue.start();
  scene.venue.run(500);
  return scene;
}
