import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Account } from '../../engine/exchange/account.ts';
import { feeSchedule, fillFee } from '../../engine/market/index.ts';
import { conservativeMark, Ledger, type LedgerFill, reducingSide } from '../../engine/orders/index.ts';
import {
  ASK,
  BID,
  type Count,
  count,
  type Money,
  money,
  ONE_DOLLAR,
  type Price,
  price,
  type Side,
} from '../../engine/units/index.ts';

function fill(tradeId: string, side: Side, at: number, size: number, fee = 0, orderId = 'x'): LedgerFill {
  return { tradeId, orderId, side, price: price(at), count: count(size), fee: money(fee) };
}

const NO_PRICE = 0 as Price;

test('a buy and a sale: position, cash and fees to the micro-dollar', () => {
  const ledger = new Ledger();
  assert.equal(ledger.book(2, fill('t1', BID, 4700, 1000, 17_500)), true);
  assert.equal(ledger.book(2, fill('t2', ASK, 4900, 400, 7_000)), true);
  const account = ledger.account(2);
  assert.equal(account.position, 600);
  assert.equal(account.cash, -4700 * 1000 + 4900 * 400);
  assert.equal(account.fees, 24_500);
  assert.deepEqual([account.bought, account.sold, account.fills], [1000, 400, 2]);
  assert.equal(ledger.position(0), 0, 'other markets are untouched');
});

test('a fill heard twice, from the stream and from a read, is booked once', () => {
  const ledger = new Ledger();
  assert.equal(ledger.book(0, fill('t1', BID, 4700, 1000, 100)), true);
  assert.equal(ledger.book(0, fill('t1', BID, 4700, 1000, 100)), false);
  assert.equal(ledger.position(0), 1000);
  assert.equal(ledger.account(0).fees, 100);
});

test('one trade against two orders of ours is two fills', () => {
  const ledger = new Ledger();
  assert.equal(ledger.book(0, fill('t1', BID, 4700, 100, 0, 'x-1')), true);
  assert.equal(ledger.book(0, fill('t1', BID, 4700, 100, 0, 'x-2')), true);
  assert.equal(ledger.position(0), 200);
});

test('fills from before the session are known and not booked by a backfill', () => {
  const ledger = new Ledger();
  const old = fill('t0', BID, 4700, 500);
  ledger.ignore(old);
  ledger.open(0, 500 as Count);
  assert.equal(ledger.book(0, old), false);
  assert.equal(ledger.position(0), 500);
});

test('an opening position is worth its mark, so that P&L starts at zero and moves with the market', () => {
  const ledger = new Ledger();
  ledger.open(0, 1000 as Count);
  ledger.open(1, -1000 as Count);
  for (const market of [0, 1]) ledger.markOpening(market, price(4600), price(4800));
  assert.equal(ledger.profit(0, price(4600), price(4800)), 0);
  assert.equal(ledger.profit(1, price(4600), price(4800)), 0);
  assert.equal(ledger.profit(0, price(4700), price(4900)), 100 * 1000, 'long gains with the bid');
  assert.equal(ledger.profit(1, price(4700), price(4900)), -100 * 1000, 'short loses with the ask');
  ledger.markOpening(0, price(9000), price(9100));
  assert.equal(ledger.profit(0, price(4600), price(4800)), 0, 'the opening mark is taken once');
});

test('the opening position can be corrected before the first fill', () => {
  const ledger = new Ledger();
  ledger.open(0, 300 as Count);
  ledger.open(0, -200 as Count);
  assert.deepEqual([ledger.position(0), ledger.account(0).openingPosition], [-200, -200]);
});

test('settlement turns the position into cash: YES at one dollar, NO, and scalar', () => {
  for (const [value, expected] of [
    [ONE_DOLLAR, (10_000 - 4700) * 1000],
    [NO_PRICE, -4700 * 1000],
    [price(5000), (5000 - 4700) * 1000],
  ] as const) {
    const ledger = new Ledger();
    ledger.book(0, fill('t', BID, 4700, 1000, 17_500));
    ledger.settle(0, value);
    assert.equal(ledger.position(0), 0);
    assert.equal(ledger.profit(0, NO_PRICE, NO_PRICE), expected - 17_500);
    ledger.settle(0, value);
    assert.equal(ledger.profit(0, NO_PRICE, NO_PRICE), expected - 17_500, 'settled twice pays once');
  }
});

test('a short position settles at what YES is worth to its holder: it pays', () => {
  const ledger = new Ledger();
  ledger.book(0, fill('t', ASK, 4700, 1000));
  ledger.settle(0, ONE_DOLLAR);
  assert.equal(ledger.profit(0, NO_PRICE, NO_PRICE), (4700 - 10_000) * 1000);
});

test('marks are conservative: a long without a bid is worth nothing, a short without an ask costs a dollar', () => {
  assert.equal(conservativeMark(100 as Count, price(4600), price(4800)), 4600);
  assert.equal(conservativeMark(-100 as Count, price(4600), price(4800)), 4800);
  assert.equal(conservativeMark(100 as Count, NO_PRICE, price(4800)), 0);
  assert.equal(conservativeMark(-100 as Count, price(4600), NO_PRICE), ONE_DOLLAR);
  assert.equal(reducingSide(100 as Count), ASK);
  assert.equal(reducingSide(-100 as Count), BID);
});

test('money beyond exact arithmetic is refused, not rounded', () => {
  const ledger = new Ledger();
  assert.throws(() => ledger.book(0, fill('t', BID, 9999, Number.MAX_SAFE_INTEGER)), { code: 'bad_money' });
});

const fills = fc
  .uniqueArray(
    fc.record({
      tradeId: fc.integer({ min: 0, max: 40 }).map((n) => `t${n}`),
      orderId: fc.constantFrom('x-1', 'x-2', 'x-3'),
      market: fc.integer({ min: 0, max: 2 }),
      side: fc.constantFrom<Side>(BID, ASK),
      price: fc.integer({ min: 1, max: 9999 }).map(price),
      count: fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.constant(4_294_967_301)).map(count),
      fee: fc.integer({ min: 0, max: 1_000_000 }).map(money),
    }),
    { selector: (f) => `${f.tradeId}/${f.orderId}`, minLength: 1, maxLength: 40, size: 'max' },
  )
  .chain((list) =>
    fc.record({
      distinct: fc.constant(list),
      heard: fc.array(fc.constantFrom(...list), { maxLength: 60, size: 'max' }).chain((again) => {
        const all = [...list, ...again];
        return fc.shuffledSubarray(all, { minLength: all.length });
      }),
    }),
  );

test('whatever order and repetition fills are heard in, the books equal the sum over the distinct fills', () => {
  fc.assert(
    fc.property(fills, fc.integer({ min: -5000, max: 5000 }), ({ distinct, heard }, opening) => {
      const ledger = new Ledger();
      for (const market of [0, 1, 2]) ledger.open(market, opening as Count);
      let booked = 0;
      for (const f of heard) if (ledger.book(f.market, f)) booked++;
      assert.equal(booked, distinct.length);
      for (const market of [0, 1, 2]) {
        let position = BigInt(opening);
        let cash = 0n;
        let fees = 0n;
        for (const f of distinct) {
          if (f.market !== market) continue;
          const signed = BigInt(f.side === BID ? f.count : -f.count);
          position += signed;
          cash -= BigInt(f.price) * signed;
          fees += BigInt(f.fee);
        }
        const account = ledger.account(market);
        assert.deepEqual([account.position, account.cash, account.fees].map(BigInt), [position, cash, fees]);
        assert.equal(account.bought - account.sold + opening, account.position);
      }
    }),
    { seed: 31, numRuns: 500 },
  );
});

test('P&L is what liquidating at the mark would leave: cash flow of all fills and the closing trade, less fees', () => {
  fc.assert(
    fc.property(
      fills,
      fc.integer({ min: 100, max: 9000 }),
      fc.integer({ min: 1, max: 900 }),
      ({ distinct }, bid, spread) => {
        const ledger = new Ledger();
        const closed = new Ledger();
        const top: [Price, Price] = [price(bid), price(bid + spread)];
        for (const l of [ledger, closed]) {
          l.open(0, 700 as Count);
          l.markOpening(0, price(5000), price(5100));
          for (const f of distinct) l.book(0, f);
        }
        const profit: Money = ledger.profit(0, ...top);
        const { position } = closed.account(0);
        if (position !== 0) {
          const side = reducingSide(position);
          closed.book(0, fill('close', side, side === ASK ? top[0] : top[1], Math.abs(position)));
        }
        assert.equal(closed.position(0), 0);
        assert.equal(closed.profit(0, ...top), profit);
        const settled = new Ledger();
        settled.open(0, 700 as Count);
        settled.markOpening(0, price(5000), price(5100));
        for (const f of distinct) settled.book(0, f);
        settled.settle(0, conservativeMark(settled.position(0), ...top));
        assert.equal(settled.profit(0, NO_PRICE, NO_PRICE), profit);
      },
    ),
    { seed: 32, numRuns: 500 },
  );
});

test('realised and marked P&L: average cost, cash of the shard and totals agree with the exchange’s own bookkeeping', () => {
  const trade = fc.record({
    side: fc.constantFrom<Side>(BID, ASK),
    price: fc.integer({ min: 1, max: 9999 }).map(price),
    count: fc.integer({ min: 1, max: 5000 }).map(count),
    fee: fc.integer({ min: 0, max: 1_000_000 }).map(money),
    market: fc.integer({ min: 0, max: 2 }),
  });
  const value = fc.option(fc.constantFrom<Price>(NO_PRICE, price(3700), ONE_DOLLAR));
  fc.assert(
    fc.property(fc.array(trade, { minLength: 1, maxLength: 60, size: 'max' }), value, (trades, worth) => {
      const ledger = new Ledger();
      // The exchange pays for every contract in full, holds collateral and pays a dollar for each pair that closes.
      const account = new Account('us');
      for (const [n, t] of trades.entries()) {
        ledger.book(t.market, { tradeId: `t${n}`, orderId: 'x', ...t });
        account.trade(`M${t.market}`, 0, t.side, t.price, t.count, t.fee);
        const { cost, position } = ledger.account(t.market);
        if (position === 0) assert.equal(cost, 0, 'nothing is left of a cost when nothing is held');
      }
      const shard = ledger.totals(() => 'all').get('all')!;
      assert.equal(shard.cashChange, account.cashOn(0));
      let [long, short, realized] = [0, 0, 0];
      for (const market of [0, 1, 2]) {
        const h = account.holding(`M${market}`);
        const { position, cash, fees, cost } = ledger.account(market);
        assert.equal(position, h.position);
        // Each closing may round its share of the cost by half a micro-dollar.
        assert.ok(Math.abs(ledger.realized(market) - h.realized) <= trades.length);
        const exposure = position < 0 ? -position * ONE_DOLLAR + cost : cost;
        assert.ok(Math.abs(exposure - h.exposure) <= trades.length);
        const marked = position * conservativeMark(position, price(4000), price(4500)) - cost;
        assert.equal(ledger.profit(market, price(4000), price(4500)), ledger.realized(market) + marked - fees);
        if (worth !== null) {
          const { cashChange } = ledger.totals((m) => (m === market ? 'it' : undefined)).get('it')!;
          const paid = position > 0 ? worth * position : (ONE_DOLLAR - worth) * -position;
          ledger.settle(market, NO_PRICE);
          ledger.settle(market, worth);
          ledger.settle(market, worth);
          assert.equal(ledger.cashChange(market), cashChange + paid, 'a corrected outcome pays once');
          assert.equal(ledger.realized(market), cash + worth * position);
        }
        long += Math.max(0, position);
        short += Math.max(0, -position);
        realized += h.realized;
      }
      assert.deepEqual([shard.long, shard.short], [long, short]);
      assert.ok(Math.abs(shard.realized - realized) <= 3 * trades.length);
    }),
    { seed: 33, numRuns: 400 },
  );
});

test('a fill told after the market settled is paid with the rest', () => {
  const ledger = new Ledger();
  ledger.settle(0, ONE_DOLLAR);
  ledger.book(0, fill('late', BID, 4700, 1000));
  assert.deepEqual([ledger.position(0), ledger.account(0).cash], [0, 5300 * 1000]);
});

for (const [cents, contracts, taker, takerCent, maker, makerCent] of [
  [50, 1, 17_500, 20_000, 4400, 10_000],
  [50, 100, 1_750_000, 1_750_000, 437_500, 440_000],
  [25, 100, 1_312_500, 1_320_000, 328_200, 330_000],
  [10, 100, 630_000, 630_000, 157_500, 160_000],
  [5, 10, 33_300, 40_000, 8400, 10_000],
  [1, 100, 69_300, 70_000, 17_400, 20_000],
] as const) {
  test(`fees of ${contracts} contracts at ${cents} cents, booked to the micro-dollar`, () => {
    for (const [isTaker, precision, expected] of [
      [true, 100, taker],
      [true, 10_000, takerCent],
      [false, 100, maker],
      [false, 10_000, makerCent],
    ] as const) {
      const schedule = feeSchedule('quadratic_with_maker_fees', '1', precision);
      const fee = fillFee(schedule, ASK, price(cents * 100), count(contracts * 100), isTaker, { carried: 0 });
      const ledger = new Ledger();
      ledger.book(0, { ...fill('t', ASK, cents * 100, contracts * 100), fee });
      assert.equal(ledger.account(0).fees, expected);
      // Rounded as the exchange rounds a balance: what changes the cash is whole units of it.
      assert.equal(Math.abs(ledger.cashChange(0)) % precision, 0);
    }
  });
}

test('a fill is recognised after a hundred thousand others, and the memory of them does not grow for ever', () => {
  const ledger = new Ledger();
  ledger.book(0, fill('first', BID, 4700, 100));
  for (let n = 0; n < 99_999; n++) ledger.ignore({ tradeId: `t${n}`, orderId: 'x' });
  assert.equal(ledger.book(0, fill('first', BID, 4700, 100)), false);
  for (let n = 0; n < 300_000; n++) ledger.ignore({ tradeId: `u${n}`, orderId: 'x' });
  assert.ok(ledger.remembered <= 200_000, `${ledger.remembered} fills remembered`);
});
