import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Books, Depth, LINEAR_CENT } from '../../engine/market/index.ts';
import { Ledger, type Order, Orders } from '../../engine/orders/index.ts';
import { BookView } from '../../engine/quoting/index.ts';
import { ASK, BID, type Count, count, price, type Side, type TimeUs } from '../../engine/units/index.ts';

const LATER = 60_000_000 as TimeUs;

/** A book and our orders in it, told by frames. */
class Scene {
  readonly books = new Books();
  readonly orders = new Orders();
  readonly view = new BookView(this.books, this.orders, new Ledger());

  constructor() {
    this.books.open(LINEAR_CENT);
    this.view.aim(0, 0);
  }

  send(id: string, side: Side, cents: number, size: number): Order {
    return this.orders.sent(id, 0, side, price(cents * 100), count(size), 1 as TimeUs);
  }

  /** A delta frame; `id` where it names an order of ours. */
  frame(side: Side, cents: number, delta: number, id = ''): void {
    const at = price(cents * 100);
    this.books.add(0, side, LINEAR_CENT.level(at), delta);
    this.orders.bookChanged(0, side, at, delta, id);
  }

  others(side: Side, cents: number): number {
    return this.view.sizeAt(side, LINEAR_CENT.level(price(cents * 100)));
  }
}

test('somebody else joins our level with our size before we are in it: the order that is named counts, no other', () => {
  const scene = new Scene();
  const first = scene.send('c-0', BID, 40, 100);
  scene.frame(BID, 40, 100, 'c-0');
  scene.orders.accepted(first, 'x-0', count(0), count(100), 2 as TimeUs);
  scene.send('c-1', BID, 47, 300);
  scene.frame(BID, 47, 300);
  assert.equal(scene.others(BID, 47), 300, 'theirs');
  scene.frame(BID, 47, 300, 'c-1');
  assert.equal(scene.others(BID, 47), 300, 'ours left out');
  scene.frame(BID, 47, -300);
  assert.equal(scene.others(BID, 47), 0, 'they left');
  scene.view.time = LATER;
  assert.equal(scene.others(BID, 40), 0);
});

test('a cancel of ours leaves the book as its frame says, before it is answered and however late the answer is', () => {
  const scene = new Scene();
  scene.frame(ASK, 52, 700);
  const order = scene.send('c-1', ASK, 52, 500);
  scene.frame(ASK, 52, 500, 'c-1');
  scene.orders.accepted(order, 'x-1', count(0), count(500), 2 as TimeUs);
  assert.equal(scene.others(ASK, 52), 700);
  scene.frame(ASK, 52, -500, 'c-1');
  scene.view.time = LATER;
  assert.equal(scene.others(ASK, 52), 700, 'time does not bring it back');
});

test('part of our order is taken, then the rest cancelled: neither takes anything of others` away', () => {
  const scene = new Scene();
  scene.frame(ASK, 52, 700);
  const order = scene.send('c-1', ASK, 52, 500);
  scene.frame(ASK, 52, 500, 'c-1');
  scene.orders.accepted(order, 'x-1', count(0), count(500), 2 as TimeUs);
  scene.frame(ASK, 52, -200);
  scene.orders.booked(order, count(200), 3 as TimeUs);
  assert.equal(scene.others(ASK, 52), 700);
  scene.frame(ASK, 52, -300, 'c-1');
  assert.equal(scene.others(ASK, 52), 700);
});

test('a frame that names an order of another session says nothing about ours', () => {
  const scene = new Scene();
  scene.send('c-1', BID, 47, 300);
  scene.frame(BID, 47, 300, 'another');
  assert.equal(scene.others(BID, 47), 300);
  scene.frame(BID, 47, 300);
  assert.equal(scene.others(BID, 47), 300, 'frames that name nothing are still recognised by size');
});

test('touch, depth, volume, imbalance and microprice all leave out the same orders', () => {
  const scene = new Scene();
  const { view } = scene;
  scene.frame(BID, 45, 400);
  scene.frame(BID, 46, 100);
  scene.frame(ASK, 50, 300);
  scene.send('c-1', BID, 47, 250);
  scene.frame(BID, 47, 250, 'c-1');
  scene.send('c-2', ASK, 50, 1000);
  scene.frame(ASK, 50, 1000, 'c-2');
  assert.equal(view.grid.price(view.bestLevel(BID)), 4600);
  const depth = new Depth(5);
  assert.equal(view.depth(BID, depth), 2);
  assert.deepEqual([...depth.prices.slice(0, 2), ...depth.sizes.slice(0, 2)], [4600, 4500, 100, 400]);
  assert.deepEqual([view.volumeTo(BID, price(4500)), view.volumeTo(ASK, price(5000))], [500, 300]);
  const touch = view.balance(1);
  assert.deepEqual([touch.bidSize, touch.askSize, touch.imbalance], [100, 300, -0.5]);
  assert.equal(touch.microprice, (4600 * 300 + 5000 * 100) / 400);
  assert.deepEqual([view.balance(2).bidSize, view.balance(2).imbalance], [500 as Count, 0.25]);
});
