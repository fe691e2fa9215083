import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineConfig } from '../../engine/core/index.ts';
import type { CalendarTerms, CalendarWindow } from '../../engine/risk/index.ts';
import { ASK, BID, type Count, type TimeUs } from '../../engine/units/index.ts';
import { OTHER, Scene, T } from '../order-scenarios/scenario.ts';

const BENCH_US = 1_800_000_000_000_000;
const TERMS: CalendarTerms = { windows: [], leadMs: 5000, lagMs: 2000, statusMs: 1000 };

/** A window in seconds after the start of the bench. */
function window(fromS: number, toS: number, more: Partial<CalendarWindow> = {}): CalendarWindow {
  const markets = { tickers: [], events: [], series: [] };
  const [from, to] = [fromS, toS].map((s) => (BENCH_US + s * 1_000_000) as TimeUs) as [TimeUs, TimeUs];
  return { name: 'news', from, to, action: 'pull', markets, ...more };
}

function scene(
  windows: readonly CalendarWindow[] = [],
  venue: ConstructorParameters<typeof Scene>[1] = {},
  tickers: string[] = [T],
  config: Partial<EngineConfig> = {},
): Scene {
  return new Scene({ calendar: { ...TERMS, windows }, ...config }, venue, tickers);
}

const bid = (s: Scene, n = 0) => s.venue.engine.status().markets[n]!.bid;
const sinceStart = (s: Scene): number => (s.venue.timeUs - BENCH_US) / 1_000_000;
const until = (s: Scene, seconds: number): void => s.run((seconds - sinceStart(s)) * 1000);

test('news is due: its markets are pulled before, the others are quoted on, and it ends by itself', () => {
  const markets = { tickers: ['TST-B*'], events: [], series: [] };
  const s = scene([window(10, 20, { markets })], {}, [T, OTHER]);
  s.start();
  until(s, 10.1);
  assert.deepEqual([s.resting(BID, OTHER).length, s.resting(BID, T).length], [0, 1]);
  const side = bid(s, 1);
  assert.equal(side.reason, 'calendar');
  assert.ok(side.has! > 9.8 && side.has! <= 10 && side.needs === 0, JSON.stringify(side));
  assert.match(side.detail, /^news, until 2027-/);
  until(s, 21);
  assert.equal(s.resting(BID, OTHER).length, 1);
  s.settle();
});

test('a window begins while orders are in flight: they are pulled as soon as they are known', () => {
  const s = scene([window(10, 20)]);
  s.start();
  until(s, 9.95);
  s.venue.travelUs = () => 150_000;
  s.want({ bid: [46, 10], ask: [54, 10] });
  s.hit(BID, 10);
  until(s, 10.9);
  assert.equal(s.ours().length, 0);
  assert.equal(s.venue.engine.status().liveOrders, 0);
});

test('a window begins while a create is in doubt: found resting, it is pulled', () => {
  const s = scene([window(10, 40)]);
  s.start();
  s.hit(BID, 10);
  s.answer('createOrders', () => null);
  s.deafen('user_order');
  until(s, 20);
  assert.equal(s.ours().length, 0);
  until(s, 41);
  s.settle();
});

test('windows that overlap are one: nothing is quoted between them', () => {
  const s = scene([window(10, 14), window(13, 18), window(18, 20)]);
  s.start();
  until(s, 10.5);
  for (let t = 10.5; t < 20; t += 0.5) {
    until(s, t);
    assert.equal(s.ours().length, 0, `${t} s`);
    assert.ok(Math.abs(bid(s).has! - (20 - t)) < 0.1, 'the end of the last of them');
  }
  until(s, 21);
  assert.equal(s.ours().length, 2);
});

test('a window that only lets positions be reduced: one side is quoted, and not for more than is held', () => {
  const s = scene([window(15, 30, { action: 'reduceOnly' })]);
  s.start();
  s.hit(BID, 4);
  until(s, 16);
  assert.deepEqual([s.resting(BID).length, s.resting(ASK).map((o) => o.remainingCount)], [0, [400]]);
  assert.equal(bid(s).reason, 'calendar');
  s.hit(ASK, 4);
  s.run(500);
  assert.equal(s.ours().length, 0, 'nothing is held');
  until(s, 31);
  s.settle();
});

test('the session starts within a window: nothing is quoted before it ends', () => {
  const s = scene([window(0, 10)]);
  s.venue.start();
  until(s, 9.9);
  assert.deepEqual([s.ours().length, s.count('createOrders')], [0, 0]);
  until(s, 11);
  assert.equal(s.ours().length, 2);
});

test('the exchange announces maintenance in its schedule: pulled before it begins, quoted after it', () => {
  const s = scene();
  const start = (BENCH_US + 20_000_000) as TimeUs;
  s.venue.exchange.pauses.plan({ start, end: (start + 10_000_000) as TimeUs, shard: null });
  s.start();
  until(s, 14.9);
  assert.equal(s.ours().length, 2);
  until(s, 15.5);
  assert.deepEqual([s.ours().length, bid(s).reason], [0, 'calendar']);
  assert.match(bid(s).detail, /maintenance the exchange announces/);
  until(s, 31.9);
  assert.equal(s.ours().length, 0);
  until(s, 34);
  assert.equal(s.ours().length, 2);
  assert.ok(!s.venue.reports.some((report) => report.code === 'order_refused'));
  s.settle();
});

test('trading is paused unannounced: nothing is sent against it, and quoting comes back by itself', () => {
  const s = scene();
  s.start();
  s.venue.exchange.pauses.pause('trading', null);
  s.run(1500);
  assert.deepEqual([s.ours().length, bid(s).reason], [0, 'exchange_paused']);
  const creates = s.count('createOrders');
  s.run(10_000);
  assert.equal(s.count('createOrders'), creates);
  s.venue.exchange.pauses.resume('trading', null);
  s.run(4000);
  assert.equal(s.ours().length, 2);
  s.settle();
});

test('a refused order tells of a pause sooner than the next read of the status', () => {
  const s = scene([], {}, [T], { calendar: { ...TERMS, statusMs: 60_000 } });
  s.start();
  s.venue.exchange.pauses.pause('trading', null);
  s.run(1000);
  assert.equal(bid(s).reason, 'exchange_paused');
});

test('one shard is paused: the markets of the others are quoted on', () => {
  const s = scene([], { shardOf: (ticker) => (ticker === OTHER ? 2 : 0) }, [T, OTHER]);
  s.start();
  s.venue.exchange.pauses.pause('exchange', 2);
  s.run(3000);
  assert.deepEqual([s.resting(BID, T).length, bid(s, 1).reason], [1, 'exchange_paused']);
  s.venue.exchange.pauses.resume('exchange', 2);
  s.run(4000);
  s.settle();
});

test('trading goes on after a pause and what rested is gone unheard: orders are looked at before anything is quoted', () => {
  const s = scene([], {}, [T], { calendar: { ...TERMS, statusMs: 1000 } });
  s.start();
  // Cancels do not go through, no message comes, and at the end of it our orders are gone.
  s.deafen();
  s.venue.exchange.pauses.pause('exchange', null);
  for (const order of s.ours()) s.venue.exchange.remove(order, 'HaltCancel');
  s.run(2500);
  s.venue.exchange.pauses.resume('exchange', null);
  s.run(5000);
  assert.ok(s.venue.reported('exchange_resumed'));
  assert.deepEqual([s.ours().length, s.venue.engine.status().liveOrders], [2, 2]);
  s.settle();
});

test('the status cannot be read: what was last said stands', () => {
  const s = scene();
  s.start();
  s.venue.faults.onRequest = (r) => (r.op === 'getStatus' ? { kind: 'unsent', reason: 'down' } : null);
  s.run(10_000);
  assert.equal(s.ours().length, 2);
});

test('the status has not been read yet: nothing is quoted', () => {
  const s = scene();
  s.venue.faults.onRequest = (r) => (r.op === 'getStatus' ? { kind: 'unsent', reason: 'down' } : null);
  s.venue.linkUp();
  s.run(10_000);
  assert.deepEqual([s.ours().length, s.venue.engine.status().missing], [0, ['exchange status']]);
  s.venue.faults = {};
  s.run(6000);
  assert.equal(s.ours().length, 2);
});

for (const heard of ['heard', 'unheard'] as const) {
  test(`a market is paused and reactivated with our orders gone, ${heard}`, () => {
    // Here the orders stay until the market is activated again, and no cancel goes through meanwhile.
    const s = scene([], { rules: { pauseFlag: 'exchange' } });
    s.start();
    const before = s.ours().map((order) => order.orderId);
    s.venue.faults.onRequest = (r) =>
      r.op === 'cancelOrders' ? { kind: 'response', status: 400, body: '{"error":{"code":"market_inactive"}}' } : null;
    if (heard === 'unheard') s.venue.faults.onFrame = (text) => (/"type":"(fill|user_order)"/.test(text) ? null : text);
    s.venue.exchange.lifecycle.deactivate(T);
    s.run(3000);
    assert.deepEqual([s.ours().length, bid(s).reason], [2, 'market_not_active']);
    s.venue.exchange.lifecycle.activate(T);
    // Reactivated the book is empty but for what comes anew.
    s.venue.rest(T, BID, '0.4500', 100);
    s.venue.rest(T, ASK, '0.5500', 100);
    s.run(4000);
    assert.equal(s.ours().length, 2);
    assert.ok(s.ours().every((order) => !before.includes(order.orderId)));
    assert.equal(s.venue.engine.status().liveOrders, 2);
    s.settle();
  });
}

test('an early close is announced: the guard moves with it', () => {
  const s = scene([], {}, [T], { closeGuardMs: 10_000 });
  s.start();
  s.venue.exchange.lifecycle.moveClose(T, (s.venue.timeUs + 30_000_000) as TimeUs);
  s.run(19_000);
  assert.equal(s.ours().length, 2);
  s.run(1500);
  assert.deepEqual([s.ours().length, bid(s).reason], [0, 'closing_soon']);
  assert.equal(s.venue.engine.status().liveOrders, 0);
});

test('an early close at once: what rested is gone, and nothing more is sent', () => {
  const s = scene([], {}, [T, OTHER]);
  s.start();
  s.venue.exchange.lifecycle.moveClose(T, s.venue.timeUs as TimeUs);
  s.run(1000);
  const creates = s.count('createOrders');
  s.run(20_000);
  assert.equal(s.count('createOrders'), creates);
  assert.deepEqual([s.resting(BID, T).length, s.resting(BID, OTHER).length], [0, 1]);
  assert.equal(s.venue.engine.status().liveOrders, 2);
});

test('a close that is put off: quoting goes on', () => {
  const s = scene([], {}, [T], { closeGuardMs: 10_000 });
  s.start();
  s.venue.exchange.lifecycle.moveClose(T, (s.venue.timeUs + 5_000_000) as TimeUs);
  s.run(1000);
  assert.equal(s.ours().length, 0);
  s.venue.exchange.lifecycle.moveClose(T, (s.venue.timeUs + 500_000_000) as TimeUs);
  s.run(2000);
  assert.equal(s.ours().length, 2);
});

test('the calendar costs no write: a window over many markets is pulled by one trigger', () => {
  const tickers = Array.from({ length: 12 }, (_, n) => `TST-${n}`);
  const s = scene([window(10, 20)], { tier: 'premier' }, tickers, { groupLimit: 1_000_000 as Count });
  s.start();
  until(s, 10.5);
  assert.deepEqual([s.ours().length, s.count('triggerGroup'), s.count('cancelOrders')], [0, 1, 0]);
  until(s, 23);
  assert.equal(s.ours().length, 24);
  s.settle();
});
