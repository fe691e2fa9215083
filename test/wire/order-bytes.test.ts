import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ASK, BID, type Count, type Price } from '../../engine/units/index.ts';
import {
  type AmendOrder,
  amendOrderBody,
  type CancelOrder,
  ChangeEncoder,
  type CreateOrder,
  cancelOrdersBody,
  createOrderBody,
  createOrdersBody,
  type DecreaseOrder,
  decreaseOrderBody,
  OrderEncoder,
  WireError,
} from '../../engine/wire/index.ts';

const MAX_COUNT = Number.MAX_SAFE_INTEGER;

/** The ids we make, and whatever else a string can hold: quotes, controls, surrogates without a partner. */
const text = fc.oneof(
  { weight: 3, arbitrary: fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 64 }) },
  { weight: 1, arbitrary: fc.constantFrom('', '"', '\\', '\n', '\ud800', 'é', '"},{"', '\u2028') },
);
const ticker = fc.oneof(fc.constantFrom('KXTEST-26NOV23-A', 'KXTEST-26NOV23-B'), text);
const shard = fc.integer({ min: -1, max: 9 });
const count = fc.oneof(
  fc.integer({ min: 1, max: 100_000 }),
  fc.integer({ min: 1, max: MAX_COUNT }),
  fc.constantFrom(1, 99, 100, 101, 999_999_999, 1_000_000_000, MAX_COUNT),
);
const create: fc.Arbitrary<CreateOrder> = fc.record({
  ticker,
  clientOrderId: text,
  side: fc.constantFrom(BID, ASK),
  price: fc.integer({ min: 0, max: 10_000 }) as fc.Arbitrary<Price>,
  count: count as fc.Arbitrary<Count>,
  groupId: text,
  exchangeIndex: shard,
  expirationSeconds: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: MAX_COUNT })),
});
const amend: fc.Arbitrary<AmendOrder> = fc.record({
  ticker,
  side: fc.constantFrom(BID, ASK),
  price: fc.integer({ min: 0, max: 10_000 }) as fc.Arbitrary<Price>,
  total: count as fc.Arbitrary<Count>,
  exchangeIndex: shard,
});
const decrease: fc.Arbitrary<DecreaseOrder> = fc.record({
  ticker,
  left: count as fc.Arbitrary<Count>,
  exchangeIndex: shard,
});
const cancel: fc.Arbitrary<CancelOrder> = fc.record({ orderId: text, ticker, exchangeIndex: shard });

const parsed = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString('utf8'));

const ORDER: CreateOrder = {
  ticker: 'KXTEST-26NOV23-A',
  clientOrderId: 'hd-s-1',
  side: BID,
  price: 4750 as Price,
  count: 1050 as Count,
  groupId: 'g-1',
  exchangeIndex: 2,
  expirationSeconds: 0,
};

describe('order bytes', () => {
  test('mean what JSON.stringify of the same orders means, in any sequence of batches', () => {
    const encoder = new OrderEncoder();
    fc.assert(
      fc.property(fc.array(create, { maxLength: 30 }), fc.array(cancel, { maxLength: 30 }), (creates, cancels) => {
        assert.deepEqual(parsed(encoder.creates(creates)), JSON.parse(createOrdersBody(creates)));
        assert.deepEqual(parsed(encoder.cancels(cancels)), JSON.parse(cancelOrdersBody(cancels)));
      }),
      { numRuns: 300 },
    );
  });

  test('of single creates, amends and decreases too, one after the other in one buffer', () => {
    const encoder = new OrderEncoder();
    const changes = new ChangeEncoder();
    fc.assert(
      fc.property(fc.array(fc.tuple(create, amend, decrease), { maxLength: 10 }), (list) => {
        for (const [order, moved, smaller] of list) {
          assert.deepEqual(parsed(encoder.single(order)), JSON.parse(createOrderBody(order)));
          assert.deepEqual(parsed(changes.amend(moved)), JSON.parse(amendOrderBody(moved)));
          assert.deepEqual(parsed(changes.decrease(smaller)), JSON.parse(decreaseOrderBody(smaller)));
        }
      }),
      { numRuns: 300 },
    );
  });

  test('a subaccount is named in every order, the main one in none', () => {
    const encoder = new OrderEncoder(7);
    const one = { orderId: 'o', ticker: 'T', exchangeIndex: 0 };
    assert.deepEqual(parsed(encoder.creates([ORDER, ORDER])), JSON.parse(createOrdersBody([ORDER, ORDER], 7)));
    assert.deepEqual(parsed(encoder.single(ORDER)), JSON.parse(createOrderBody(ORDER, 7)));
    assert.deepEqual(parsed(encoder.cancels([one])), JSON.parse(cancelOrdersBody([one], 7)));
    assert.equal((parsed(encoder.single(ORDER)) as { subaccount?: number }).subaccount, 7);
    assert.ok(!('subaccount' in (parsed(new OrderEncoder().single(ORDER)) as object)));
  });

  test('a change that no order can have is refused by name, and the next one is right again', () => {
    const encoder = new ChangeEncoder();
    const good: AmendOrder = { ticker: 'T', side: ASK, price: 4750 as Price, total: 1050 as Count, exchangeIndex: 2 };
    for (const [bad, field] of [
      [{ price: 10_001 }, 'price'],
      [{ total: 0 }, 'count'],
      [{ exchangeIndex: 0.5 }, 'exchange_index'],
    ] as const) {
      const refused = (): unknown => encoder.amend({ ...good, ...bad } as AmendOrder);
      assert.throws(refused, (error: unknown) => error instanceof WireError && error.field === field);
      assert.deepEqual(parsed(encoder.amend(good)), JSON.parse(amendOrderBody(good)));
    }
    assert.throws(() => encoder.decrease({ ticker: 'T', left: 0 as Count, exchangeIndex: 2 }), WireError);
  });

  test('every price there is', () => {
    const encoder = new OrderEncoder();
    for (let price = 0; price <= 10_000; price += 20) {
      const orders = Array.from({ length: 21 }, (_, i) => ({ ...ORDER, price: Math.min(price + i, 10_000) as Price }));
      assert.deepEqual(parsed(encoder.creates(orders)), JSON.parse(createOrdersBody(orders)));
    }
  });

  test('a market that moves to another group or shard is not sent to the old one', () => {
    const encoder = new OrderEncoder();
    for (const change of [{ groupId: 'g-2' }, { exchangeIndex: 0 }, {}]) {
      const orders = [{ ...ORDER, ...change }];
      assert.deepEqual(parsed(encoder.creates(orders)), JSON.parse(createOrdersBody(orders)));
    }
    const cancels = [2, 0].map((exchangeIndex) => ({ orderId: 'o', ticker: 'T', exchangeIndex }));
    for (const one of cancels) assert.deepEqual(parsed(encoder.cancels([one])), JSON.parse(cancelOrdersBody([one])));
  });

  test('a batch larger than any before is written whole: the buffer grows', () => {
    const encoder = new OrderEncoder();
    const orders = Array.from({ length: 900 }, (_, i) => ({ ...ORDER, clientOrderId: `hd-s-${i}` }));
    assert.deepEqual(parsed(encoder.creates(orders)), JSON.parse(createOrdersBody(orders)));
    const [escaped] = [{ ...ORDER, clientOrderId: '\u0001'.repeat(100_000) }];
    assert.deepEqual(parsed(encoder.creates([escaped!])), JSON.parse(createOrdersBody([escaped!])));
  });

  test('what no order can have is refused by name, and the next batch is right again', () => {
    const encoder = new OrderEncoder();
    const bad: readonly [Partial<Record<keyof CreateOrder, unknown>>, string][] = [
      [{ price: -1 }, 'price'],
      [{ price: 10_001 }, 'price'],
      [{ price: 0.5 }, 'price'],
      [{ price: Number.NaN }, 'price'],
      [{ count: 0 }, 'count'],
      [{ count: -100 }, 'count'],
      [{ count: 1.5 }, 'count'],
      [{ count: 2 ** 53 }, 'count'],
      [{ exchangeIndex: 0.5, ticker: 'other' }, 'exchange_index'],
      [{ expirationSeconds: 1.5 }, 'expiration_time'],
      [{ clientOrderId: 'x'.repeat(1_000_000) }, 'orders'],
    ];
    for (const [change, field] of bad) {
      const refused = (): unknown => encoder.creates([ORDER, { ...ORDER, ...change } as CreateOrder]);
      assert.throws(refused, (error: unknown) => error instanceof WireError && error.field === field);
      assert.deepEqual(parsed(encoder.creates([ORDER])), JSON.parse(createOrdersBody([ORDER])));
    }
  });
});
