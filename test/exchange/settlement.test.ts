import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openInterest } from '../../engine/exchange/rest-markets.ts';
import { ASK, BID, type Price, type TimeUs } from '../../engine/units/index.ts';
import { Bench, type BenchOptions, refusal } from './support/bench.ts';
import { type Json, Venue } from './support/venue.ts';

/** `a` holds YES and `b` NO, at this price, and the market is closed. */
function held(contracts: number, c: number, options: BenchOptions = {}): Bench {
  const t = new Bench({ feeMultiplier: '0', ...options }).fund('a').fund('b');
  t.place('a', BID, c, contracts);
  t.place('b', ASK, c, contracts);
  t.exchange.lifecycle.moveClose('M', t.timeUs as TimeUs);
  return t;
}

function settle(t: Bench, result: 'yes' | 'no' | 'scalar', value?: number): void {
  t.exchange.lifecycle.determine('M', result, value as Price);
  t.exchange.lifecycle.settle('M');
}

describe('settlement', () => {
  test('pays a dollar to whoever was right and nothing to the other, without a fee', () => {
    for (const [result, a, b] of [
      ['yes', 10_006, 9994],
      ['no', 9996, 10_004],
    ] as const) {
      const t = held(10, 40);
      settle(t, result);
      assert.deepEqual([t.cash('a'), t.cash('b')], [a, b]);
      const h = t.exchange.account('a').holding('M');
      assert.deepEqual([h.position, h.exposure, h.realized / 1e6, h.feesPaid], [0, 0, a - 10_000, 0]);
      assert.equal(openInterest(t.exchange, 'M'), 0);
    }
  });

  test('a scalar value is paid to the precision of the balance; the residue is a fee (100.01 at 0.3060)', () => {
    const t = held(100.01, 50);
    const before = t.cash('a');
    settle(t, 'scalar', 3060);
    const [a, b] = t.exchange.settlements;
    assert.deepEqual([a!.gross, a!.residue, a!.fees], [30_603_060, 60, 60]);
    assert.equal(Math.round((t.cash('a') - before) * 1e6), 30_603_000);
    // NO: 100.01 x 0.6940 = 69.40694
    assert.deepEqual([b!.gross, b!.residue], [69_406_940, 40]);
    const broker = held(100.01, 50, { precision: 10_000 });
    settle(broker, 'scalar', 3060);
    assert.deepEqual(
      broker.exchange.settlements.map((s) => s.residue),
      // The balances were 9949.99 (a fill of 50.005 rounds to the cent) and so on: whole cents before, whole cents after.
      [3060, 6940],
    );
    for (const user of ['a', 'b']) assert.equal(Math.round(broker.cash(user) * 1e6) % 10_000, 0);
  });

  test('is listed, and takes its market from the unsettled positions', async (t) => {
    const venue = await Venue.open(t);
    const { a, bench } = venue;
    const feed = await venue.feed(a);
    await feed.command({
      id: 1,
      cmd: 'subscribe',
      params: { channels: ['market_lifecycle_v2', 'market_positions'] },
    });
    bench.background(ASK, 40, 10);
    await a.order({ price: '0.4000', count: '10.00' });
    bench.exchange.lifecycle.moveClose('M', bench.timeUs as TimeUs);
    settle(bench, 'scalar', 3060);
    await feed.drained();
    const rows = (await a.get('/portfolio/settlements')).body['settlements'] as Json[];
    const { settled_time, ...row } = rows[0]!;
    assert.equal(rows.length, 1);
    assert.equal(typeof settled_time, 'string');
    assert.deepEqual(row, {
      ticker: 'M',
      exchange_index: 0,
      event_ticker: 'M-EVENT',
      market_result: 'scalar',
      yes_count_fp: '10.00',
      yes_total_cost_dollars: '4.000000',
      no_count_fp: '0.00',
      no_total_cost_dollars: '0.000000',
      revenue: 306,
      fee_cost: '0.168000',
      value: 30,
    });
    const positions = async (status: string): Promise<number> =>
      ((await a.get(`/portfolio/positions${status}`)).body['market_positions'] as Json[]).length;
    assert.deepEqual(
      [await positions(''), await positions('?settlement_status=settled'), await positions('?settlement_status=all')],
      [0, 1, 1],
    );
    assert.equal((await a.get('/portfolio/positions?settlement_status=some')).status, 400);
    const market = (await a.get('/markets/M')).body['market'] as Json;
    assert.deepEqual(
      [market['status'], market['result'], market['settlement_value_dollars'], typeof market['settlement_ts']],
      ['finalized', 'scalar', '0.3060', 'string'],
    );
    const events = feed.frames.filter((f) => f.type === 'market_lifecycle_v2');
    assert.deepEqual(
      events.map((f) => [f.seq, f.msg['event_type']]),
      [
        [1, 'close_date_updated'],
        [2, 'determined'],
        [3, 'settled'],
      ],
    );
    const last = feed.frames.filter((f) => f.type === 'market_position').at(-1)!;
    assert.deepEqual(
      [last.msg['position_fp'], last.msg['position_cost_dollars'], last.msg['realized_pnl_dollars']],
      ['0.00', '0.000000', '-0.940000'],
    );
  });
});

describe('collateral for NO in a mutually exclusive event', () => {
  const event = { eventTicker: 'E', collateralReturn: 'MECNET' } as const;
  const two = (): Bench => {
    const t = new Bench({ feeMultiplier: '0', listing: event, markets: { M: 0, N: 0 } }).fund('a', '100').fund('b');
    for (const ticker of ['M', 'N']) t.background(BID, ticker === 'M' ? 40 : 30, 50, ticker);
    return t;
  };

  test('comes back but for the largest: NO at 60 and NO at 70 cost 0.30 together', () => {
    const t = two();
    t.exchange.account('a').netting = true;
    t.place('a', ASK, 40, 1);
    assert.equal(t.cash('a'), 99.4);
    t.place('a', ASK, 30, 1, { ticker: 'N' });
    assert.equal(t.cash('a'), 99.7);
  });

  test('without the switch nothing comes back; with it at once, and it is taken back when switched off', async (t) => {
    const venue = await Venue.open(t, { feeMultiplier: '0', listing: event, markets: { M: 0, N: 0 } });
    const { a, bench } = venue;
    for (const ticker of ['M', 'N']) {
      bench.background(BID, 40, 50, ticker);
      await a.order({ ticker, side: 'ask', price: '0.4000', count: '10.00' });
    }
    assert.equal(bench.cash('a'), 9988);
    const set = (enabled: boolean): Promise<unknown> =>
      a.call('PUT', '/portfolio/subaccounts/netting', { subaccount_number: 0, enabled });
    await set(true);
    assert.equal(bench.cash('a'), 9998);
    assert.deepEqual((await a.get('/portfolio/subaccounts/netting')).body, {
      netting_configs: [{ subaccount_number: 0, enabled: true, exchange_index: 0 }],
    });
    await set(false);
    assert.equal(bench.cash('a'), 9988);
    await set(true);
    bench.exchange.account('a').cash.set(0, 5 as never);
    const refused = await a.call('PUT', '/portfolio/subaccounts/netting', { subaccount_number: 0, enabled: false });
    assert.deepEqual([refused.status, bench.exchange.account('a').netting], [400, true]);
    assert.equal(bench.exchange.account('a').cashOn(0), 5);
  });

  test('whichever leg wins, and in whichever order they settle, nobody is ever owed', () => {
    for (const winner of ['M', 'N', 'none'] as const) {
      for (const order of [
        ['M', 'N'],
        ['N', 'M'],
      ]) {
        const t = two();
        t.exchange.account('a').netting = true;
        t.place('a', ASK, 40, 10);
        t.place('a', ASK, 30, 25, { ticker: 'N' });
        // 6 + 17.5 paid, 10 back; all that is left goes.
        t.exchange.account('a').credit(0, -86_500_000);
        assert.equal(t.cash('a'), 0);
        for (const ticker of order) {
          t.exchange.lifecycle.moveClose(ticker, t.timeUs as TimeUs);
          t.exchange.lifecycle.determine(ticker, ticker === winner ? 'yes' : 'no');
          t.exchange.lifecycle.settle(ticker);
          assert.ok(t.cash('a') >= 0, `${winner} ${ticker}: ${t.cash('a')}`);
        }
        // 35 dollars of NO payouts, less the loser's, less the ten already paid out.
        assert.equal(t.cash('a'), 35 - 10 - (winner === 'M' ? 10 : winner === 'N' ? 25 : 0), `${winner} ${order}`);
      }
    }
  });

  test('closing NO that was netted gives the dollar back, and needs the cash for it', () => {
    const t = two();
    t.exchange.account('a').netting = true;
    t.place('a', ASK, 40, 10);
    t.place('a', ASK, 30, 10, { ticker: 'N' });
    t.background(ASK, 50, 10);
    t.exchange.account('a').cash.set(0, 4_000_000 as never);
    assert.equal(
      refusal(() => t.place('a', BID, 50, 10)),
      '400 insufficient_balance',
    );
    t.place('a', BID, 50, 8);
    assert.deepEqual([t.cash('a'), t.position('a')], [0, -2]);
  });
});
