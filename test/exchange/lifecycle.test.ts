import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LifecycleError } from '../../engine/exchange/lifecycle.ts';
import { CENTI_CENT, DECI_CENT, LINEAR_CENT } from '../../engine/market/index.ts';
import { ASK, BID, type Price, type TimeUs } from '../../engine/units/index.ts';
import { Bench, cents, lots, refusal, START_US } from './support/bench.ts';
import { checkBook } from './support/books.ts';

const HOUR = 3_600_000_000;
const at = (us: number): TimeUs => (START_US + us) as TimeUs;

/** What every order operation is answered with, on an order that rests or rested. */
function operations(t: Bench, orderId: string): string[] {
  const { exchange } = t;
  return [
    refusal(() => t.place('a', BID, 30, 1)),
    refusal(() => exchange.amend('a', orderId, { side: BID, price: cents(41), total: lots(5) })),
    refusal(() => exchange.decrease('a', orderId, lots(1))),
    refusal(() => exchange.cancel('a', orderId)),
  ];
}

describe('a market', () => {
  test('opens by the clock, without a word, and takes no order before', () => {
    const t = new Bench({ listing: { status: 'initialized', openTime: at(HOUR) } }).fund('a');
    t.told();
    const early = refusal(() => t.place('a', BID, 40, 1));
    assert.equal(early, '400 market_inactive');
    t.pass(HOUR - 1);
    assert.equal(
      refusal(() => t.place('a', BID, 40, 1)),
      '400 market_inactive',
    );
    t.pass(1);
    assert.equal(t.place('a', BID, 40, 1).status, 'resting');
    assert.deepEqual(t.told(), []);
  });

  test('deactivated refuses every operation and keeps its orders; activated again it has an empty book', () => {
    const t = new Bench().fund('a');
    const order = t.place('a', BID, 40, 5);
    const flagged = t.place('a', BID, 39, 5, { cancelOnPause: true });
    t.background(ASK, 60, 9);
    t.exchange.lifecycle.deactivate('M');
    assert.deepEqual(operations(t, order.orderId), Array(4).fill('400 market_inactive'));
    assert.deepEqual([order.status, flagged.status, flagged.reason], ['resting', 'canceled', 'HaltCancel']);
    t.background(ASK, 40, 9);
    assert.equal(t.position('a'), 0, 'an order of a market that stands still was filled');
    t.exchange.lifecycle.activate('M');
    assert.deepEqual([order.status, order.reason], ['canceled', 'HaltCancel']);
    assert.deepEqual([t.total(BID, 40), t.total(ASK, 60)], [0, 0]);
    assert.equal(t.place('a', BID, 40, 1).status, 'resting');
    assert.deepEqual(t.told(), ['deactivated', 'activated']);
  });

  test('deactivated lets cancels through by the other reading, and leaves the flag alone by another', () => {
    const t = new Bench({ rules: { inactiveCancel: 'allow', pauseFlag: 'exchange' } }).fund('a');
    const order = t.place('a', BID, 40, 5, { cancelOnPause: true });
    t.exchange.lifecycle.deactivate('M');
    assert.equal(order.status, 'resting');
    assert.equal(t.exchange.decrease('a', order.orderId, lots(2)).remainingCount, lots(2));
    assert.equal(
      refusal(() => t.exchange.amend('a', order.orderId, { side: BID, price: cents(41), total: lots(5) })),
      '400 market_inactive',
    );
    assert.equal(t.exchange.cancel('a', order.orderId).reducedBy, lots(2));
  });

  test('closed early cancels what rests and refuses everything after, cancels too', () => {
    for (const [closedCode, code] of [
      ['market_inactive', '400 market_inactive'],
      ['market_already_closed', '400 market_already_closed'],
    ] as const) {
      const t = new Bench({ closeTime: START_US + 2 * HOUR, rules: { closedCode } }).fund('a');
      const order = t.place('a', BID, 40, 5);
      t.told();
      t.exchange.lifecycle.moveClose('M', at(HOUR));
      assert.equal(t.market().listing.status, 'active');
      t.pass(HOUR);
      assert.deepEqual(operations(t, order.orderId), Array(4).fill(code));
      assert.deepEqual([order.status, order.reason], ['canceled', 'CloseCancel']);
      const [moved] = t.lifecycle;
      assert.deepEqual(moved!.msg, {
        market_ticker: 'M',
        event_type: 'close_date_updated',
        close_ts: Math.floor(at(HOUR) / 1_000_000),
      });
      assert.deepEqual(t.told(), ['close_date_updated'], 'the close itself has no message');
    }
  });

  test('reopened says the new close, then that it is active', () => {
    const t = new Bench({ closeTime: START_US + HOUR }).fund('a');
    t.pass(HOUR);
    t.exchange.tick();
    t.told();
    t.exchange.lifecycle.reopen('M', at(3 * HOUR));
    assert.deepEqual(t.told(), ['close_date_updated', 'activated']);
    assert.equal(t.place('a', BID, 40, 1).status, 'resting');
    t.pass(2 * HOUR);
    assert.equal(
      refusal(() => t.place('a', BID, 40, 1)),
      '400 market_inactive',
    );
  });

  test('is determined, disputed, given another result, and settles when its timer has run', () => {
    const t = new Bench({ listing: { settlementSeconds: 30 } }).fund('a').fund('b');
    t.place('a', BID, 40, 10);
    t.place('b', ASK, 40, 10);
    const { lifecycle } = t.exchange;
    lifecycle.moveClose('M', t.timeUs as TimeUs);
    t.told();
    lifecycle.determine('M', 'yes');
    assert.deepEqual(t.lifecycle[0]!.msg, {
      market_ticker: 'M',
      event_type: 'determined',
      determination_ts: Math.floor(t.timeUs / 1_000_000),
      result: 'yes',
      settlement_value: '1.0000',
    });
    t.pass(29_000_000);
    lifecycle.dispute('M');
    t.pass(60_000_000);
    t.exchange.tick();
    assert.deepEqual([t.market().listing.status, t.position('a')], ['disputed', 10]);
    lifecycle.correct('M', 'no');
    assert.equal(t.market().listing.status, 'amended');
    t.pass(30_000_000);
    t.exchange.tick();
    assert.deepEqual([t.market().listing.status, t.position('a'), t.position('b')], ['finalized', 0, 0]);
    assert.equal(t.exchange.settlements.find((s) => s.userId === 'b')!.gross, 10_000_000);
    assert.deepEqual(t.told(), ['determined', 'determined', 'settled']);
  });

  test('cannot be brought where its state does not lead', () => {
    const t = new Bench().fund('a');
    const { lifecycle } = t.exchange;
    const wrong: [string, () => void][] = [
      ['is active: only when inactive can it be activated', () => lifecycle.activate('M')],
      ['is active: only when closed can it be determined', () => lifecycle.determine('M', 'yes')],
      ['is active: only when determined or amended can it be settled', () => lifecycle.settle('M')],
      ['there is no market N', () => lifecycle.deactivate('N')],
    ];
    for (const [text, act] of wrong)
      assert.throws(act, (error: Error) => {
        assert.ok(error instanceof LifecycleError);
        assert.ok(error.message.includes(text), error.message);
        return true;
      });
    lifecycle.moveClose('M', t.timeUs as TimeUs);
    for (const value of [undefined, 0, 10_000])
      assert.throws(() => lifecycle.determine('M', 'scalar', value as Price), /strictly between 0 and 1 dollar/);
    assert.throws(() => lifecycle.determine('M', 'no', 3000 as Price), /a no result is worth 0.0000/);
    assert.equal(t.market().listing.status, 'closed');
  });

  test('listed while the exchange runs tells of itself, and of its event once', () => {
    const t = new Bench();
    t.told();
    t.list('N-1', 2, { listing: { eventTicker: 'N', collateralReturn: 'MECNET', title: 'Who wins' } });
    t.list('N-2', 2, { listing: { eventTicker: 'N', collateralReturn: 'MECNET' } });
    const [event, created, second] = t.lifecycle;
    assert.deepEqual(event!.msg, {
      event_ticker: 'N',
      exchange_index: 2,
      title: 'Who wins',
      subtitle: '',
      collateral_return_type: 'MECNET',
      series_ticker: 'SERIES',
    });
    const { additional_metadata, ...msg } = created!.msg;
    assert.deepEqual(msg, {
      market_ticker: 'N-1',
      event_type: 'created',
      exchange_index: 2,
      open_ts: START_US / 1_000_000,
      close_ts: 0,
      price_level_structure: 'linear_cent',
      price_ranges: [{ start: '0.0000', end: '1.0000', step: '0.0100' }],
    });
    assert.equal((additional_metadata as { event_ticker: string }).event_ticker, 'N');
    assert.equal(second!.msg['event_type'], 'created');
    t.exchange.lifecycle.rename('N-1', 'Who won');
    assert.deepEqual(t.lifecycle.at(-1)!.msg, {
      market_ticker: 'N-1',
      event_type: 'metadata_updated',
      yes_sub_title: 'Who won',
    });
  });
});

describe('a grid that changes under resting orders', () => {
  test('finer: they keep price and place, and the new prices can be used', () => {
    const t = new Bench().fund('a').fund('b');
    t.background(BID, 40, 3);
    t.place('a', BID, 40, 5, { clientOrderId: 'x' });
    t.background(BID, 40, 2);
    t.place('b', ASK, 60, 5);
    t.told();
    t.exchange.lifecycle.regrid('M', DECI_CENT);
    assert.equal(t.queue(BID, 40), '-:3 x:5 -:2');
    checkBook(t.exchange, t.market());
    assert.deepEqual(t.lifecycle[0]!.msg, {
      market_ticker: 'M',
      event_type: 'price_level_structure_updated',
      price_level_structure: 'deci_cent',
      price_ranges: [{ start: '0.0000', end: '1.0000', step: '0.0010' }],
    });
    assert.equal(t.place('b', ASK, 40.1, 1).status, 'resting');
    assert.equal(t.place('b', ASK, 40, 4, { timeInForce: 'immediate_or_cancel' }).fillCount, lots(4));
    assert.equal(t.position('a'), 1);
    t.exchange.lifecycle.regrid('M', CENTI_CENT);
    checkBook(t.exchange, t.market());
    assert.equal(t.queue(BID, 40), 'x:4 -:2');
  });

  test('coarser: what stands at prices that are gone is cancelled, or by the other reading the grid stays', () => {
    const t = new Bench({ grid: DECI_CENT }).fund('a');
    const gone = t.place('a', BID, 40.5, 5);
    const stays = t.place('a', BID, 40, 5);
    t.background(ASK, 60.3, 5);
    t.exchange.lifecycle.regrid('M', LINEAR_CENT);
    checkBook(t.exchange, t.market());
    assert.deepEqual([gone.status, gone.reason, stays.status], ['canceled', 'HaltCancel', 'resting']);
    assert.equal(t.market().ladder.best(ASK), -1);
    assert.equal(
      refusal(() => t.place('a', BID, 40.5, 1)),
      '400 invalid_price',
    );
    const strict = new Bench({ grid: DECI_CENT, rules: { coarserGrid: 'refuse' } }).fund('a');
    const order = strict.place('a', BID, 40.5, 5);
    assert.throws(() => strict.exchange.lifecycle.regrid('M', LINEAR_CENT), /prices that the new grid does not have/);
    assert.deepEqual([order.status, strict.market().listing.grid], ['resting', DECI_CENT]);
  });
});
