import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Account } from '../../engine/exchange/account.ts';
import { reachByTrade } from '../../engine/exchange/matching.ts';
import type { ExchangeFill, ExchangeOrder } from '../../engine/exchange/order.ts';
import { ASK, BID, ONE_DOLLAR, opposite, type Side } from '../../engine/units/index.ts';
import { Bench, cents, lots, refusal } from './support/bench.ts';
import { checkBook, resting } from './support/books.ts';

const USERS = ['a', 'b', 'c'] as const;

type Step =
  | {
      readonly do: 'place';
      readonly user: number;
      readonly side: Side;
      readonly cents: number;
      readonly contracts: number;
      readonly tif: 'good_till_canceled' | 'immediate_or_cancel' | 'fill_or_kill';
      readonly maker: boolean;
      readonly flags: number;
    }
  | {
      readonly do: 'cancel' | 'decrease' | 'amend';
      readonly pick: number;
      readonly cents: number;
      readonly contracts: number;
    }
  | { readonly do: 'arrive' | 'trade'; readonly side: Side; readonly cents: number; readonly contracts: number }
  | { readonly do: 'pass'; readonly seconds: number };

const side = fc.constantFrom<Side>(BID, ASK);
const price = fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 46, max: 54 }) }, fc.integer({ min: 1, max: 99 }));
const contracts = fc.integer({ min: 1, max: 12 });
const pick = fc.nat(1000);

const orderSteps: fc.Arbitrary<Step>[] = [
  fc.record({
    do: fc.constant('place' as const),
    user: fc.nat(USERS.length - 1),
    side,
    cents: price,
    contracts,
    tif: fc.constantFrom('good_till_canceled', 'good_till_canceled', 'immediate_or_cancel', 'fill_or_kill'),
    maker: fc.boolean(),
    flags: fc.nat(15),
  }),
  fc.record({ do: fc.constantFrom('cancel' as const, 'decrease' as const), pick, cents: price, contracts }),
  fc.record({ do: fc.constant('amend' as const), pick, cents: price, contracts }),
  fc.record({ do: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 8 }) }),
];
const backgroundStep: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom('arrive' as const, 'trade' as const),
  side,
  cents: price,
  contracts,
});

function weighted(background: boolean): fc.Arbitrary<Step[]> {
  const [place, change, amend, pass] = orderSteps as [fc.Arbitrary<Step>, ...fc.Arbitrary<Step>[]];
  const kinds = [
    { weight: 6, arbitrary: place },
    { weight: 2, arbitrary: change! },
    { weight: 3, arbitrary: amend! },
    { weight: 1, arbitrary: pass! },
    ...(background ? [{ weight: 4, arbitrary: backgroundStep }] : []),
  ];
  return fc.array(fc.oneof(...kinds), { minLength: 5, maxLength: 60 });
}

/** Runs steps on an exchange and checks after every one of them. */
class Run {
  readonly t: Bench;
  private readonly nobody = new Account('nobody');
  private readonly opening: number;
  private readonly exactFunds: boolean;

  constructor(dollars: string, feeMultiplier: string) {
    this.t = new Bench({ feeType: 'quadratic_with_maker_fees', feeMultiplier });
    for (const user of USERS) this.t.fund(user, dollars);
    this.opening = this.cash();
    this.exactFunds = feeMultiplier === '0';
  }

  private cash(): number {
    return USERS.reduce((sum, user) => sum + this.t.exchange.account(user).cashOn(0), 0);
  }

  step(step: Step): void {
    const { exchange } = this.t;
    const before = this.t.fills.length;
    if (step.do === 'place') this.place(step);
    else if (step.do === 'pass') this.t.pass(step.seconds * 1_000_000);
    else if (step.do === 'arrive') this.t.background(step.side, step.cents, step.contracts);
    else if (step.do === 'trade') {
      const level = this.t.market().listing.grid.level(cents(step.cents));
      exchange.onMarket('M', (m) => reachByTrade(m.ladder, step.side, level, lots(step.contracts), exchange));
    } else if ('pick' in step) this.change(step);
    exchange.tick();
    this.settle(this.t.fills.slice(before));
    this.check();
  }

  private place(step: Step & { do: 'place' }): void {
    const user = USERS[step.user]!;
    const opposed = resting(this.t.market(), opposite(step.side));
    const fills = this.t.fills.length;
    const expires = (step.flags & 4) !== 0 && step.tif === 'good_till_canceled';
    const expirationSeconds = expires ? Math.floor(this.t.timeUs / 1_000_000) + 5 : 0;
    let order: ExchangeOrder | null = null;
    const ends = refusal(() => {
      order = this.t.place(user, step.side, step.cents, step.contracts, {
        timeInForce: step.tif,
        selfTrade: step.maker ? 'maker' : 'taker_at_cross',
        postOnly: (step.flags & 3) === 3,
        reduceOnly: (step.flags & 8) !== 0 && step.tif === 'immediate_or_cancel',
        expirationSeconds,
      });
    });
    const made = this.t.fills.slice(fills);
    if (order === null) {
      assert.equal(made.length, 0, `refused with ${ends} and filled`);
      return;
    }
    this.firstInFirstOut(order, opposed, made);
  }

  /** The fills of an incoming order are the front of what stood against it, in order, its own account's left out. */
  private firstInFirstOut(taker: ExchangeOrder, opposed: ReturnType<typeof resting>, made: ExchangeFill[]): void {
    const sizes = made.filter((f) => f.orderId === taker.orderId).map((f) => ({ price: f.price, count: f.count }));
    let at = 0;
    for (const { level, orderId, left } of opposed) {
      if (at >= sizes.length) break;
      if (orderId !== null && this.t.exchange.orders.get(orderId)!.userId === taker.userId) {
        assert.equal(taker.selfTrade, 'maker', 'filled beyond a resting order of its own');
        continue;
      }
      const { price: paid, count } = sizes[at++]!;
      assert.equal(paid, this.t.market().listing.grid.price(level));
      assert.ok(at === sizes.length ? count <= left : count === left, 'passed over somebody who stood before');
    }
    assert.equal(at, sizes.length);
    const filled = sizes.reduce((sum, f) => sum + f.count, 0);
    assert.equal(filled, taker.fillCount);
  }

  private change(step: Extract<Step, { readonly pick: number }>): void {
    const all = [...this.t.exchange.orders.values()];
    if (all.length === 0) return;
    const order = all[step.pick % all.length]!;
    const { userId, orderId } = order;
    const was = JSON.stringify(order);
    const ends = refusal(() => {
      if (step.do === 'cancel') this.t.exchange.cancel(userId, orderId);
      else if (step.do === 'decrease') this.t.exchange.decrease(userId, orderId, lots(step.contracts));
      else {
        const to = { side: order.side, price: cents(step.cents), total: lots(step.contracts) };
        this.t.exchange.amend(userId, orderId, to);
      }
    });
    if (ends !== 'accepted' && order.expirationSeconds === 0) assert.equal(JSON.stringify(order), was, ends);
  }

  /** Whoever of a trade is no account is nobody: let nobody's own account book it. */
  private settle(fills: readonly ExchangeFill[]): void {
    for (const f of fills) {
      if (fills.filter((other) => other.tradeId === f.tradeId).length === 2) continue;
      this.nobody.trade('M', 0, opposite(f.side), f.price, f.count, lots(0) as never);
    }
  }

  private check(): void {
    const { exchange, fills } = this.t;
    checkBook(exchange, this.t.market());
    let position = this.nobody.holding('M').position as number;
    let escrow = Math.max(0, position) * ONE_DOLLAR;
    let fees = 0;
    for (const user of USERS) {
      const h = exchange.account(user).holding('M');
      position += h.position;
      escrow += Math.max(0, h.position) * ONE_DOLLAR;
      fees += h.feesPaid;
      assert.equal(h.cashFlow, h.realized - h.exposure);
      const mine = fills.filter((f) => f.userId === user);
      assert.equal(
        mine.reduce((sum, f) => sum + (f.side === BID ? f.count : -f.count), 0),
        h.position,
      );
      // The rounding of a fee may come once per fill; the collateral itself is exact.
      const slack = this.exactFunds ? 0 : mine.length * 101;
      const cash = exchange.account(user).cashOn(0);
      assert.ok(exchange.reservedOn(user, 0, null) <= cash + slack, `${user} has promised more than it has`);
      assert.ok(cash + slack >= 0, `${user} owes money`);
    }
    assert.equal(position, 0, 'contracts were made or lost');
    assert.equal(this.cash() + this.nobody.cashOn(0) + fees + escrow, this.opening, 'money was made or lost');
    for (const o of exchange.orders.values()) {
      const filled = fills.filter((f) => f.orderId === o.orderId);
      assert.equal(
        filled.reduce((sum, f) => sum + f.count, 0),
        o.fillCount,
      );
      assert.equal(
        filled.reduce((sum, f) => sum + f.fee, 0),
        o.makerFees + o.takerFees,
      );
    }
  }
}

describe('whatever accounts do', () => {
  for (const [name, background, dollars, multiplier, numRuns] of [
    ['among themselves, rich', false, '1000', '1', 400],
    ['among themselves, with hardly any money and no fees', false, '12', '0', 400],
    ['with liquidity of nobody around', true, '1000', '1', 400],
    ['with liquidity of nobody around, hardly any money and fees', true, '12', '1', 400],
  ] as const) {
    test(`${name}: the book stays sound, money and contracts are conserved, nobody jumps a queue`, () => {
      fc.assert(
        fc.property(weighted(background), (steps) => {
          const run = new Run(dollars, multiplier);
          for (const step of steps) run.step(step);
        }),
        { numRuns, seed: 20_261_123 },
      );
    });
  }
});
