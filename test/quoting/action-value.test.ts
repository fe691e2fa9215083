import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Books, feeSchedule, LINEAR_CENT } from '../../engine/market/index.ts';
import { Ledger, type Order, Orders } from '../../engine/orders/index.ts';
import {
  ActionWorth,
  BookView,
  fillRate,
  hitRate,
  lossIfLeft,
  placeValue,
  Quotes,
  SCHEDULE_DEFAULTS,
  weightOf,
} from '../../engine/quoting/index.ts';
import { ASK, BID, type Count, type Price, type Side, type TimeUs } from '../../engine/units/index.ts';

const TERMS = SCHEDULE_DEFAULTS;
const close = (a: number, b: number): void =>
  assert.ok(Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b)), `${a} ${b}`);

test('the formulas of docs/scheduler.md, by hand', () => {
  // One cent behind the best level with 30 contracts ahead: 0.03 x e^-0.7 / 2.
  close(fillRate(TERMS, 100, 3000 as Count), 0.03 * Math.exp(-0.7) * 0.5);
  // Two cents of edge on 10 contracts filled at 0.03 a second: 20 cents x (1 - e^-0.15), in micro-dollars.
  close(placeValue(TERMS, 200, 1000 as Count, 0.03), 200_000 * (1 - Math.exp(-0.15)));
  // Three cents beyond its target and raced for, 50 ms away from its cancel.
  close(lossIfLeft(TERMS, 300, -100, 1000 as Count), 300_000 * Math.exp(-0.05) * (1 - Math.exp(-5)));
  close(weightOf(TERMS, 1, false) / weightOf(TERMS, 0, false), 4);
  close(weightOf(TERMS, 0.5, true), 4);
  assert.equal(hitRate(TERMS, -1), 1);
  assert.equal(placeValue(TERMS, -5, 1000 as Count, 1), 0);
});

test('more beyond, more contracts and a worse edge never make a stale quote cheaper', () => {
  const whole = fc.integer({ min: 0, max: 5000 });
  fc.assert(
    fc.property(
      whole,
      whole,
      fc.integer({ min: -500, max: 500 }),
      fc.integer({ min: 1, max: 10_000 }),
      (a, b, e, n) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)];
        assert.ok(lossIfLeft(TERMS, less, e, n as Count) <= lossIfLeft(TERMS, more, e, n as Count));
        assert.ok(lossIfLeft(TERMS, less, e, n as Count) <= lossIfLeft(TERMS, less, e, (2 * n) as Count));
        assert.ok(fillRate(TERMS, less, n as Count) >= fillRate(TERMS, more, n as Count));
      },
    ),
    { seed: 71, numRuns: 300 },
  );
});

/** A book of 45 to 55 cents with 100 contracts a side, and one order of ours. */
function market(side: Side, cents: number, contracts: number) {
  const books = new Books();
  const orders = new Orders();
  const book = books.open(LINEAR_CENT);
  books.set(book, BID, LINEAR_CENT.level(4500 as Price), 10_000 as Count);
  books.set(book, ASK, LINEAR_CENT.level(5500 as Price), 10_000 as Count);
  const order = orders.sent('c', 0, side, (cents * 100) as Price, (contracts * 100) as Count, 1 as TimeUs);
  orders.accepted(order, 'x', 0 as Count, (contracts * 100) as Count, 1 as TimeUs);
  const view = new BookView(books, orders, new Ledger());
  view.aim(0, book);
  view.time = 1 as TimeUs;
  view.fees = feeSchedule('quadratic', '1', 100);
  return { view, order };
}

function worthOf(
  side: Side,
  at: number,
  target: number,
  edge: number,
  ahead = -1,
): { readonly worth: ActionWorth; readonly order: Order } {
  const { view, order } = market(side, at, 10);
  const quotes = new Quotes();
  quotes.begin(LINEAR_CENT);
  const price = (target * 100) as Price;
  const count = 1000 as Count;
  if (side === BID) quotes.bid(price, count, edge);
  else quotes.ask(price, count, edge);
  const worth = new ActionWorth(TERMS, () => ahead);
  worth.aim(view, side, quotes.side(side));
  const isAhead = side === BID ? at > target : at < target;
  worth.amend({ order, price, count, edge, urgency: 0.5, isAhead }, false);
  return { worth, order };
}

test('a quote beyond the fair value is worth more to move than one that lags, on either side', () => {
  for (const side of [BID, ASK] as const) {
    const from = (cents: number): number => (side === BID ? cents : 100 - cents);
    const stale = worthOf(side, from(48), from(44), 100).worth;
    const behind = worthOf(side, from(41), from(44), 100).worth;
    assert.ok(stale.value > 10 * Math.abs(behind.value), `${stale.value} ${behind.value}`);
    close(stale.hitRate, TERMS.staleHitsPerSecond);
    assert.ok(stale.loss > 0 && behind.loss === 0);
  }
});

test('an order one level behind with a far better edge is worth less than nothing to move: it keeps its place', () => {
  // Edge of half a cent there against one and a half here, and nobody in front.
  assert.ok(worthOf(BID, 44, 45, 50).worth.value < 0);
});

test('where nothing is wanted everything that rests is a loss, the larger the order', () => {
  const losses = [1, 10, 100].map((contracts) => {
    const { view, order } = market(BID, 45, contracts);
    const quotes = new Quotes();
    quotes.begin(LINEAR_CENT);
    const worth = new ActionWorth(TERMS, () => -1);
    worth.aim(view, BID, quotes.bids);
    worth.cancel(order);
    return worth.loss;
  });
  assert.ok(losses[0]! > 0 && losses[0]! < losses[1]! && losses[1]! < losses[2]!);
});

test('an order that has come to the front of its queue is worth more where it is than one at its end', () => {
  // 100 contracts rest at 45 cents with it; moved to 47 it earns as much whatever its place was.
  const [front, middle, end, unknown] = [0, 5000, 10_000, -1].map(
    (ahead) => worthOf(BID, 45, 47, 100, ahead).worth.value,
  );
  assert.ok(front! < middle! && middle! < end!, `${front} ${middle} ${end}`);
  assert.equal(unknown, middle, 'as long as nothing is known it stands in the middle');
});

test('stale is what has lost more than half of its edge, not what is merely ahead of its target', () => {
  for (const side of [BID, ASK] as const) {
    const stale = (beyond: number): boolean =>
      worthOf(side, side === BID ? 45 + beyond : 55 - beyond, side === BID ? 45 : 55, 400).worth.isStale;
    assert.deepEqual([-1, 0, 1, 2, 3, 5].map(stale), [false, false, false, false, true, true]);
  }
});
