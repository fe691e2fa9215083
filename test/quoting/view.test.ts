import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Books, LINEAR_CENT } from '../../engine/market/index.ts';
import { Ledger, Orders } from '../../engine/orders/index.ts';
import { BookView, MAX_TARGETS, microprice, Quotes } from '../../engine/quoting/index.ts';
import { ASK, BID, type Count, count, type Price, price, type Side, type TimeUs } from '../../engine/units/index.ts';

const level = (cents: number): number => LINEAR_CENT.level(price(cents * 100));

function market(): { books: Books; orders: Orders; ledger: Ledger; view: BookView } {
  const books = new Books();
  const [orders, ledger] = [new Orders(), new Ledger()];
  books.open(LINEAR_CENT);
  const view = new BookView(books, orders, ledger);
  view.aim(0, 0);
  return { books, orders, ledger, view };
}

/** An order of ours that the book shows. */
function shown(orders: Orders, id: string, at: number, side: Side, cents: number, size: number): void {
  orders.sent(id, at, side, price(cents * 100), count(size), 1 as TimeUs);
  orders.bookChanged(at, side, price(cents * 100), size);
}

test('our own orders are not the market: they are subtracted, and levels that are only ours are passed over', () => {
  const { books, orders, view } = market();
  for (const [cents, size] of [
    [47, 300],
    [46, 1000],
    [40, 700],
  ] as const)
    books.add(0, BID, level(cents), size);
  shown(orders, 'c-1', 0, BID, 47, 300);
  shown(orders, 'c-2', 0, BID, 46, 400);
  assert.equal(view.bestLevel(BID), level(46));
  assert.equal(view.sizeAt(BID, level(47)), 0);
  assert.equal(view.sizeAt(BID, level(46)), 600);
  assert.equal(view.nextLevel(BID, level(46)), level(40));
  assert.equal(view.nextLevel(BID, level(40)), -1);
});

test('an order of ours the book does not show yet takes nothing of others` away', () => {
  const { books, orders, view } = market();
  books.add(0, ASK, level(52), 100);
  orders.sent('c-1', 0, ASK, price(5200), count(500), 1 as TimeUs);
  assert.equal(view.sizeAt(ASK, level(52)), 100);
  books.add(0, ASK, level(52), 500);
  orders.bookChanged(0, ASK, price(5200), 500);
  assert.equal(view.sizeAt(ASK, level(52)), 100);
});

test('the book shows that our order is gone before its cancel is answered', () => {
  const { books, orders, view } = market();
  books.add(0, ASK, level(52), 100);
  const order = orders.sent('c-1', 0, ASK, price(5200), count(500), 1 as TimeUs);
  books.add(0, ASK, level(52), 500);
  orders.bookChanged(0, ASK, price(5200), 500);
  orders.accepted(order, 'x-1', count(0), count(500), 2 as TimeUs);
  orders.cancelSent(order);
  books.add(0, ASK, level(52), -500);
  orders.bookChanged(0, ASK, price(5200), -500);
  assert.equal(view.sizeAt(ASK, level(52)), 100);
});

test('a snapshot or a second at rest makes up for a book frame that nobody recognised', () => {
  for (const how of ['snapshot', 'time'] as const) {
    const { books, orders, view } = market();
    const order = orders.sent('c-1', 0, ASK, price(5200), count(500), 1 as TimeUs);
    books.add(0, ASK, level(52), 600);
    orders.accepted(order, 'x-1', count(0), count(500), 2 as TimeUs);
    assert.equal(view.sizeAt(ASK, level(52)), 600);
    if (how === 'snapshot') orders.bookShown(0);
    else view.time = 1_000_003 as TimeUs;
    assert.equal(view.sizeAt(ASK, level(52)), 100, how);
  }
});

test('a book that is all ours has no microprice', () => {
  const { books, orders, view } = market();
  books.add(0, BID, level(47), 300);
  books.add(0, ASK, level(52), 100);
  assert.equal(microprice(view), (300 * 5200 + 100 * 4700) / 400, 'heavy bids lift it towards the ask');
  shown(orders, 'c-1', 0, BID, 47, 300);
  assert.ok(Number.isNaN(microprice(view)));
});

test('aimed at another market, the view shows that one`s book, position and orders', () => {
  const { books, orders, ledger, view } = market();
  books.open(LINEAR_CENT);
  books.add(1, BID, level(30), 50);
  ledger.open(1, -700 as Count);
  shown(orders, 'c-1', 0, BID, 30, 50);
  view.aim(1, 1);
  assert.deepEqual([view.bestLevel(BID), view.sizeAt(BID, level(30)), view.position], [level(30), 50, -700]);
});

test('quotes: nonsense from a strategy is remembered as a fault and never becomes a target', () => {
  const nonsense: [number, number][] = [
    [4750, 100],
    [0, 100],
    [10_000, 100],
    [-100, 100],
    [47.5, 100],
    [Number.NaN, 100],
    [4700, 0],
    [4700, -100],
    [4700, 0.5],
    [4700, Number.NaN],
    [4700, Number.POSITIVE_INFINITY],
  ];
  for (const [at, size] of nonsense) {
    const quotes = new Quotes();
    quotes.begin(LINEAR_CENT);
    quotes.ask(at as Price, size as Count);
    assert.match(quotes.fault, /^ask .+ at .+ \(target 1 of at most 16\)$/, `${size} at ${at}`);
    assert.equal(quotes.asks.length, 0);
  }
});

test('quotes: one target too many is a fault; the first fault is the one kept; begin starts clean', () => {
  const quotes = new Quotes();
  quotes.begin(LINEAR_CENT);
  for (let n = 0; n < MAX_TARGETS; n++) quotes.bid(price(4700 - n * 100), count(100));
  assert.equal(quotes.fault, '');
  quotes.bid(price(100), count(100));
  quotes.bid(price(200), count(-100));
  assert.match(quotes.fault, /^bid 100 at 100 \(target 17/);
  assert.equal(quotes.bids.length, MAX_TARGETS);
  quotes.begin(LINEAR_CENT);
  assert.deepEqual([quotes.fault, quotes.bids.length, quotes.bids.reason], ['', 0, 'not_wanted']);
});

test('quotes: a target has its level and numbers; wanting nothing withdraws them and says why', () => {
  const quotes = new Quotes();
  quotes.begin(LINEAR_CENT);
  quotes.bid(price(4700), count(250), 12.5, 0.6);
  const [target] = quotes.bids.targets;
  assert.deepEqual(target, { level: level(47), price: 4700, count: 250, edge: 12.5, urgency: 0.6 });
  assert.equal(quotes.bids.reason, 'quoting');
  assert.equal(quotes.asks.reason, 'not_wanted');
  quotes.none(BID, 'no_edge');
  assert.deepEqual([quotes.bids.length, quotes.bids.reason], [0, 'no_edge']);
});
