import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Ledger, type Order, Orders, remaining } from '../../engine/orders/index.ts';
import { Exposure } from '../../engine/risk/index.ts';
import { ASK, BID, type Count, type Price, type Side, type TimeUs } from '../../engine/units/index.ts';
import * as reference from '../support/risk-reference.ts';

const MARKETS = 7;
/** Events E0 with four markets, E1 with two, E2 with one; E0 and E1 are of one series. */
const EVENTS = ['E0', 'E0', 'E0', 'E0', 'E1', 'E1', 'E2'];
const SHAPES: Readonly<Record<string, (readonly (readonly number[])[] | null)[]>> = {
  E0: [
    null,
    [[], [0], [1], [2], [3]],
    [[0], [1], [2], [3]],
    [[], [0], [0, 1], [0, 1, 2], [0, 1, 2, 3]],
    [[], [3], [2, 3], [0, 2, 3], [0, 1, 2, 3]],
    // Ranges that overlap, one market paying in two separate stretches, and markets of others (90).
    [[0, 90], [0, 1], [1, 2], [90], [0, 3], [2]],
  ],
  E1: [null, [[], [4], [5]], [[4], [4, 5], []]],
  E2: [null, [[], [6]]],
};

type Step = readonly [kind: string, a: number, b: number, c: number];

class Session implements reference.World {
  readonly exposure: Exposure = new Exposure((market, side) => this.orders.on(market, side));
  readonly orders: Orders = new Orders(null, (order) => this.exposure.order(order));
  readonly ledger: Ledger = new Ledger((market) => this.holds(market));
  readonly markets = MARKETS;
  private readonly shapes = new Map<string, readonly (readonly number[])[] | null>();
  private readonly placed = new Map<number, string>();
  private readonly dearest = new Map<Order, number>();
  private time = 1_000_000 as TimeUs;
  private ids = 0;

  eventOf = (market: number): string => this.placed.get(market) ?? `alone ${market}`;
  seriesOf = (event: string): string => (event === 'E2' ? 'S1' : event.startsWith('E') ? 'S0' : '');
  outcomesOf = (event: string): readonly (readonly number[])[] | null => this.shapes.get(event) ?? null;

  dearestOf = (order: Order): number => this.dearest.get(order) ?? order.price;

  /** Prices are remembered here as they are seen. */
  private watchPrices(): void {
    for (const o of this.orders.all()) {
      const prices = [this.dearestOf(o), o.price, o.change?.price ?? o.price];
      this.dearest.set(o, o.side === BID ? Math.max(...prices) : Math.min(...prices));
    }
  }

  private holds(market: number): void {
    const { position, cash, openingPosition, openingMark } = this.ledger.account(market);
    const cashChange = this.ledger.cashChange(market);
    this.exposure.holds(market, { position, cash: cash - openingPosition * openingMark, cashChange });
  }

  private place(market: number): void {
    const event = EVENTS[market]!;
    this.placed.set(market, event);
    this.exposure.place(market, event, this.seriesOf(event), market % 2);
  }

  private fill(order: Order, count: number, price: Price): void {
    const { market, side, orderId } = order;
    const tradeId = `t${this.ids++}`;
    this.ledger.book(market, { tradeId, orderId, side, price, count: count as Count, fee: 7 as never });
    this.orders.booked(order, count as Count, this.time);
  }

  /** One random thing happens; what cannot happen now does not. */
  step([kind, a, b, c]: Step): void {
    const { orders, ledger } = this;
    this.time = (this.time + 1000) as TimeUs;
    const market = a % MARKETS;
    const price = (100 * (1 + (b % 99))) as Price;
    const live = orders.all();
    const order = live[c % Math.max(1, live.length)];
    if (kind === 'place') this.place(market);
    else if (kind === 'shape') {
      const event = EVENTS[market]!;
      const shapes = SHAPES[event]!;
      if (!EVENTS.every((e, m) => e !== event || this.placed.has(m))) return;
      this.shapes.set(event, shapes[b % shapes.length]!);
      this.exposure.shape(event, this.shapes.get(event)!);
    } else if (kind === 'open' && ledger.account(market).fills === 0) ledger.open(market, (b - 50) as Count);
    else if (kind === 'mark') ledger.markOpening(market, price, Math.min(9900, price + 100) as Price);
    else if (kind === 'settle') ledger.settle(market, ((b % 2) * 10_000) as Price);
    else if (kind === 'send') {
      const id = `c${this.ids++}`;
      const sent = orders.sent(id, market, (c % 2) as Side, price, (1 + (c % 900)) as Count, this.time);
      if (b % 8 !== 0) orders.accepted(sent, `x${id}`, 0 as Count, sent.initialCount, this.time);
    } else if (order !== undefined) this.happens(kind, order, price, b);
    for (const o of orders.missingFills()) if (kind === 'complete') orders.fillsComplete(o);
    this.watchPrices();
  }

  private happens(kind: string, order: Order, price: Price, b: number): void {
    const { orders, time } = this;
    const { change } = order;
    const left = remaining(order);
    if (kind === 'fill' && left > 0) this.fill(order, 1 + (b % left), order.price);
    else if (kind === 'late fill') {
      const gap = order.fillCount - order.bookedCount;
      if (gap > 0) this.fill(order, 1 + (b % gap), order.price);
    } else if (kind === 'told of a fill' && left > 1 && order.orderId !== '') {
      const fillCount = (order.fillCount + 1 + (b % (left - 1))) as Count;
      const remainingCount = (order.initialCount - fillCount) as Count;
      if (remainingCount > 0)
        orders.observe({ ...order, status: 'resting', fillCount, remainingCount, updatedTime: time }, time);
    } else if (kind === 'told of its shape' && order.orderId !== '') {
      // As the change under way will have it, or as another hand has made it.
      const { fillCount } = order;
      const total = change?.kind === 'amend' ? change.total : fillCount + 1 + (b % 300);
      const remainingCount = (total - fillCount) as Count;
      const at = change?.price ?? price;
      if (remainingCount > 0)
        orders.observe({ ...order, status: 'resting', price: at, fillCount, remainingCount, updatedTime: time }, time);
    } else if (kind === 'cancel') {
      orders.cancelSent(order);
      orders.canceled(order, Math.max(0, left - (b % 3)) as Count, time);
    } else if (kind === 'reject') orders.rejected(order);
    else if (kind === 'doubt') orders.doubt(order, time);
    else if (kind === 'absent') orders.absent(order);
    else if (kind === 'amend' && order.life === 'resting' && order.cancel === 'none' && change === null)
      orders.amendSent(order, price, (order.fillCount + 1 + (b % 700)) as Count);
    else if (kind === 'decrease' && order.life === 'resting' && order.cancel === 'none' && change === null && left > 1)
      orders.decreaseSent(order, (1 + (b % (left - 1))) as Count);
    else if (kind === 'answer' && change !== null)
      orders.changed(order, change, { orderId: b % 5 === 0 ? `y${this.ids++}` : '', remainingCount: null, time }, time);
    else if (kind === 'withdraw' && change !== null) orders.changeWithdrawn(order, change);
    else if (kind === 'doubt change' && change !== null) orders.changeDoubted(order, change, time);
  }

  compare(): void {
    const { exposure } = this;
    for (let m = 0; m < MARKETS; m++) {
      const figures = exposure.market(m);
      assert.equal(figures.no, reference.marketWorth(this, m, false), `market ${m}: W_NO`);
      assert.equal(figures.yes, reference.marketWorth(this, m, true), `market ${m}: W_YES`);
      assert.equal(figures.risk, reference.marketRisk(this, m), `market ${m}: risk`);
      assert.equal(figures.contracts, reference.mostContracts(this, m), `market ${m}: contracts`);
      for (const side of [BID, ASK] as const) {
        assert.equal(figures.open[side], reference.openContracts(this, m, side));
        assert.equal(figures.live[side], this.orders.on(m, side).length);
        assert.equal(exposure.best(m, side), reference.bestPrice(this, m, side));
      }
      this.compareSides(m);
    }
    const risk = (e: string): number => reference.eventRisk(this, e);
    const contracts = (e: string): number => reference.eventContracts(this, e);
    for (const e of exposure.eventTickers()) {
      assert.deepEqual([exposure.event(e)!.risk, exposure.event(e)!.contracts], [risk(e), contracts(e)], e);
    }
    for (const s of ['S0', 'S1']) {
      const sums = [reference.sumOf(this, risk, s), reference.sumOf(this, contracts, s)];
      assert.deepEqual([exposure.series(s).risk, exposure.series(s).contracts], sums, s);
    }
    for (const scope of [exposure.strategy, exposure.total])
      assert.deepEqual([scope.risk, scope.contracts], [reference.sumOf(this, risk), reference.sumOf(this, contracts)]);
    const cashChange = Array.from({ length: MARKETS }, (_, m) => this.ledger.cashChange(m)).reduce((x, y) => x + y, 0);
    assert.equal(exposure.shard(0).cashChange + exposure.shard(1).cashChange, cashChange);
  }

  /** What an order of a market is judged by: the worst of the outcomes it loses in. */
  private compareSides(m: number): void {
    const figures = this.exposure.market(m);
    const outcomes = this.outcomesOf(this.eventOf(m));
    for (const pays of [false, true]) {
      const worth =
        outcomes === null
          ? reference.marketWorth(this, m, pays)
          : Math.min(
              ...outcomes
                .filter((payers) => payers.includes(m) === pays)
                .map((payers) => reference.eventWorth(this, this.eventOf(m), payers)),
            );
      assert.equal(figures.event.worstWhere(figures, pays), worth, `market ${m}: worst where it pays: ${pays}`);
    }
  }
}

const KINDS = [
  ...['place', 'shape', 'open', 'mark', 'settle', 'cancel', 'reject', 'doubt', 'absent', 'complete', 'late fill'],
  ...['send', 'send', 'send', 'send', 'fill', 'fill', 'told of a fill', 'told of a fill', 'told of its shape'],
  ...['amend', 'amend', 'amend', 'decrease', 'answer', 'answer', 'withdraw', 'doubt change'],
];

const anyStep: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom(...KINDS),
  fc.nat(MARKETS - 1),
  fc.nat(1000),
  fc.nat(1000),
);

test('whatever happens to orders, accounts and events, the sums kept are what a look at everything finds', () => {
  fc.assert(
    fc.property(fc.nat(3), fc.nat(5), fc.array(anyStep, { maxLength: 60 }), (start, shape, steps) => {
      const session = new Session();
      // Mostly the events are known from the start; else they become known by and by.
      for (let m = 0; m < MARKETS && start > 0; m++) session.step(['place', m, 0, 0]);
      for (const m of [0, 4, 6]) session.step(['shape', m, shape, 0]);
      for (const step of steps) {
        session.step(step);
        session.compare();
      }
    }),
    { seed: 44, numRuns: Number(process.env['RISK_RUNS'] ?? 250) },
  );
});
