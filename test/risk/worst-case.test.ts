import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ledger, Orders } from '../../engine/orders/index.ts';
import { Exposure } from '../../engine/risk/index.ts';
import {
  ASK,
  BID,
  type Count,
  complement,
  type Money,
  type Price,
  type Side,
  type TimeUs,
} from '../../engine/units/index.ts';

const NOW = 1_000_000 as TimeUs;
const USD = (dollars: number): number => Math.round(dollars * 1_000_000);

/** Markets by letter, positions bought and orders resting. */
class Desk {
  readonly exposure: Exposure = new Exposure((m, side) => this.orders.on(m, side));
  readonly orders: Orders = new Orders(null, (order) => this.exposure.order(order));
  readonly ledger: Ledger = new Ledger((m) => {
    const { position, cash } = this.ledger.account(m);
    this.exposure.holds(m, { position, cash, cashChange: 0 });
  });
  private ids = 0;

  hold(market: number, leg: 'yes' | 'no', contracts: number, cents: number): void {
    const { side, price } = order(leg, cents);
    const tradeId = `t${this.ids++}`;
    this.ledger.book(market, {
      tradeId,
      orderId: tradeId,
      side,
      price,
      count: (contracts * 100) as Count,
      fee: 0 as Money,
    });
  }

  rest(market: number, leg: 'yes' | 'no', contracts: number, cents: number): void {
    const { side, price } = order(leg, cents);
    this.orders.sent(`c${this.ids++}`, market, side, price, (contracts * 100) as Count, NOW);
  }

  worth(market: number): [no: number, yes: number] {
    const { no, yes } = this.exposure.market(market);
    return [no, yes];
  }
}

function order(leg: 'yes' | 'no', cents: number): { readonly side: Side; readonly price: Price } {
  const price = (cents * 100) as Price;
  return leg === 'yes' ? { side: BID, price } : { side: ASK, price: complement(price) };
}

test('a market: positions from cost, and orders that would win do not fill', () => {
  const desk = new Desk();
  desk.hold(0, 'yes', 100, 40);
  assert.deepEqual(desk.worth(0), [USD(-40), USD(60)], 'long: y x c');
  assert.equal(desk.exposure.market(0).risk, USD(40));
  desk.hold(1, 'no', 50, 70);
  assert.deepEqual(desk.worth(1), [USD(15), USD(-35)], 'short: |y| x (1 - c)');
  desk.rest(0, 'yes', 50, 38);
  desk.rest(0, 'no', 20, 55);
  assert.deepEqual(desk.worth(0), [USD(-40 - 19), USD(60 - 11)]);
  assert.equal(desk.exposure.market(0).risk, USD(59));
});

test('YES and NO of one market cancel: a pair is a dollar', () => {
  const desk = new Desk();
  desk.hold(0, 'yes', 10, 40);
  desk.hold(0, 'no', 10, 55);
  assert.deepEqual(desk.worth(0), [USD(0.5), USD(0.5)]);
  assert.equal(desk.exposure.market(0).risk, 0);
});

/** The event of three markets A, B, C with positions and orders in all of them. */
function three(): Desk {
  const desk = new Desk();
  for (const m of [0, 1, 2]) desk.exposure.place(m, 'E', 'S', 0);
  desk.hold(0, 'yes', 100, 40);
  desk.hold(1, 'no', 50, 70);
  desk.rest(0, 'yes', 50, 38);
  desk.rest(1, 'no', 40, 72);
  desk.rest(2, 'yes', 30, 20);
  desk.rest(0, 'no', 20, 55);
  return desk;
}

test('an exclusive event, to the micro-dollar in every outcome', () => {
  const { exposure } = three();
  const worst = (outcomes: number[][]): number => {
    exposure.shape('E', outcomes);
    return exposure.event('E')!.risk;
  };
  assert.equal(worst([[], [0], [1], [2]]), USD(128.8));
  assert.equal(worst([[0], [1], [2]]), USD(128.8), 'exhaustive: the same');
  const event = exposure.event('E')!;
  assert.equal(event.worstWhere(exposure.market(0), true), USD(58));
  assert.equal(event.worstWhere(exposure.market(1), true), USD(-128.8));
  assert.equal(event.worstWhere(exposure.market(2), true), USD(-44));
  exposure.shape('E', [[], [0, 1, 2]]);
  assert.equal(event.worstWhere(exposure.market(0), false), USD(-50), 'none of them');
  assert.deepEqual([exposure.series('S').risk, exposure.total.risk], [event.risk, event.risk]);
});

test('an event of unknown shape: the markets one by one, and no credit for what another would win', () => {
  const { exposure } = three();
  const sum = exposure.market(0).risk + exposure.market(1).risk + exposure.market(2).risk;
  assert.equal(exposure.event('E')!.risk, sum);
  assert.equal(sum, USD(59 + 63.8 + 6));
  exposure.shape('E', [[], [0], [1], [2]]);
  exposure.shape('E', null);
  assert.equal(exposure.event('E')!.risk, sum, 'known and then not any more');
});

test('a ladder: its states are the intervals between strikes', () => {
  const desk = new Desk();
  for (const m of [0, 1]) desk.exposure.place(m, 'L', 'S', 0);
  // Above 70 sold at 60, above 75 bought at 30: all is well but between the two.
  desk.hold(0, 'no', 100, 40);
  desk.hold(1, 'yes', 100, 30);
  desk.exposure.shape('L', [[], [0], [0, 1]]);
  assert.equal(desk.exposure.event('L')!.risk, USD(70));
  // The other way round nothing can be lost but the price.
  const other = new Desk();
  for (const m of [0, 1]) other.exposure.place(m, 'L', 'S', 0);
  other.hold(0, 'yes', 100, 60);
  other.hold(1, 'no', 100, 70);
  other.exposure.shape('L', [[], [0], [0, 1]]);
  assert.equal(other.exposure.event('L')!.risk, USD(30));
  other.exposure.shape('L', null);
  assert.equal(other.exposure.event('L')!.risk, USD(130));
});

test('series and total add events up: nothing is netted between them', () => {
  const desk = new Desk();
  desk.exposure.place(0, 'E', 'S', 0);
  desk.exposure.place(1, 'F', 'S', 0);
  desk.exposure.place(2, 'G', 'T', 0);
  for (const m of [0, 1, 2]) desk.hold(m, 'yes', 10, 40 + m);
  assert.equal(desk.exposure.series('S').risk, USD(4 + 4.1));
  assert.equal(desk.exposure.series('T').risk, USD(4.2));
  assert.equal(desk.exposure.total.risk, USD(12.3));
  assert.deepEqual([desk.exposure.series('S').contracts, desk.exposure.total.contracts], [2000, 3000]);
});

test('a market that the outcomes of its event say nothing about makes them unknown', () => {
  const { exposure } = three();
  exposure.shape('E', [[], [0], [1]]);
  assert.equal(exposure.event('E')!.risk, USD(59 + 63.8 + 6));
  exposure.shape('E', [[], [0], [1], [2]]);
  assert.equal(exposure.event('E')!.risk, USD(128.8));
});
