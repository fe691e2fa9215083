import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { marketBody } from '../../engine/exchange/bodies.ts';
import { OrderGroup } from '../../engine/exchange/groups.ts';
import { setNetting } from '../../engine/exchange/netting.ts';
import { Store } from '../../engine/exchange/store.ts';
import { DECI_CENT } from '../../engine/market/index.ts';
import { ASK, BID, type Count, type Money, type Price, type TimeUs } from '../../engine/units/index.ts';
import { Bench, lots, refusal, START_US } from './support/bench.ts';

const event = { eventTicker: 'E', collateralReturn: 'MECNET' } as const;
const fresh = (): Bench => new Bench({ markets: { M: 0, N: 0, O: 2 }, listing: event, rules: { transferMs: 60_000 } });

/** Everything about an exchange that must outlive it. */
function remembered({ exchange }: Bench): unknown {
  return {
    accounts: exchange.accountsOf('a').map(({ subaccount, cash, holdings, netting, netted }) => ({
      subaccount,
      cash: [...cash],
      holdings: [...holdings].filter(([, h]) => h.volume > 0),
      netting,
      netted: [...netted],
    })),
    markets: [...exchange.markets.values()].map((m) => {
      const { status, result, settlement_value_dollars, settlement_ts, title, close_time, price_level_structure } =
        marketBody(m, 0 as Count);
      const { feeType, feeMultiplier } = m.listing;
      const end = { status, result, settlement_value_dollars, settlement_ts };
      return { ...end, title, close_time, price_level_structure, feeType, feeMultiplier };
    }),
    settlements: exchange.settlements,
    pauses: exchange.pauses.state(),
    groups: [...exchange.groups.values()],
    transfers: [exchange.transfers.betweenShards, exchange.transfers.betweenSubaccounts],
    feeChanges: exchange.fees.changes,
    fills: exchange.fills,
  };
}

/** Run `act` with a log, then open what a killed process would have left behind. */
function killed(t: TestContext, act: (bench: Bench) => void, again = fresh): { before: unknown; bench: Bench } {
  const folder = mkdtempSync(join(tmpdir(), 'exchange-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'state.ndjson');
  const first = fresh();
  const store = new Store(path, first.exchange);
  for (const shard of [0, 2]) {
    first.fund('a', '1000', shard);
    store.funded('a', shard);
  }
  act(first);
  first.exchange.tick();
  store.flush();
  const copy = join(folder, 'copy.ndjson');
  writeFileSync(copy, readFileSync(path));
  store.close();
  const bench = again();
  bench.timeUs = first.timeUs;
  new Store(copy, bench.exchange).close();
  bench.exchange.tick();
  return { before: remembered(first), bench };
}

test('settlements, subaccounts, transfers, netting, pauses, fees and markets are as they were', (t) => {
  const { before, bench } = killed(t, (first) => {
    const { exchange } = first;
    const { lifecycle, transfers, pauses, fees } = exchange;
    transfers.openSubaccount('a', 0);
    const between = { from: 0, to: 1, exchangeIndex: 0, amount: 200_000_000 as Money, clientTransferId: 't' };
    transfers.toSubaccount('a', between);
    const shards = { fromShard: 0, toShard: 2, fromSubaccount: 1, toSubaccount: 0, amount: 5_000_000 as Money };
    transfers.toShard('a', shards);
    setNetting(exchange, exchange.account('a', 1), true);
    for (const ticker of ['M', 'N']) {
      first.background(BID, 40, 20, ticker);
      first.place('a', ASK, 40, 10, { ticker, subaccount: 1 });
    }
    first.background(ASK, 50, 20, 'O');
    first.place('a', BID, 50, 7, { ticker: 'O' });
    lifecycle.moveClose('M', first.timeUs as TimeUs);
    lifecycle.determine('M', 'scalar', 3060 as Price);
    lifecycle.settle('M');
    lifecycle.regrid('N', DECI_CENT);
    lifecycle.rename('N', 'Another name');
    lifecycle.deactivate('N');
    lifecycle.moveClose('O', first.timeUs as TimeUs);
    lifecycle.determine('O', 'no');
    lifecycle.dispute('O');
    first.list('P', 2, { feeType: 'flat' });
    const change = { scope: 'event', ticker: 'E', feeType: null, multiplier: '0.5' } as const;
    fees.schedule({ ...change, id: '1', time: first.timeUs as TimeUs });
    fees.schedule({ ...change, id: '2', multiplier: null, time: (first.timeUs + 1e9) as TimeUs });
    pauses.pause('trading', 2);
    pauses.plan({ start: (START_US + 1e9) as TimeUs, end: (START_US + 2e9) as TimeUs, shard: null });
  });
  assert.deepEqual(remembered(bench), before);
  assert.equal(bench.exchange.transfers.betweenShards[0]!.done, false);
  bench.pass(60_000_000);
  bench.exchange.tick();
  assert.equal(bench.exchange.transfers.betweenShards[0]!.done, true, 'money under way arrives after the restart');
  assert.equal(bench.market('N').listing.feeMultiplier, '0.5');
  bench.pass(1_000_000_000);
  bench.exchange.tick();
  assert.equal(bench.market('N').listing.feeMultiplier, '1', 'a change that was planned comes into force');
});

test('a determined market pays its holders though the process died before its timer ran', (t) => {
  const { bench } = killed(t, (first) => {
    first.background(ASK, 40, 20);
    first.place('a', BID, 40, 10);
    first.exchange.lifecycle.moveClose('M', first.timeUs as TimeUs);
    first.exchange.lifecycle.determine('M', 'yes');
  });
  const before = bench.cash('a');
  bench.pass(60_000_000);
  bench.exchange.tick();
  assert.deepEqual([bench.market().listing.status, bench.cash('a') - before], ['finalized', 10]);
});

test('a market closed by its clock alone is open again where it is listed with a later close', (t) => {
  const { bench } = killed(
    t,
    (first) => {
      first.market().listing.closeTime = (START_US + 1000) as TimeUs;
      first.pass(2000);
    },
    fresh,
  );
  assert.equal(bench.place('a', BID, 40, 1).status, 'resting');
});

test('an order group keeps its latch and what it has counted', (t) => {
  const group = (first: Bench): OrderGroup => {
    first.exchange.desk.create(new OrderGroup('g', 'a', 0, lots(10)));
    return first.exchange.groups.get('g')!;
  };
  const { bench } = killed(t, (first) => {
    group(first);
    first.background(ASK, 40, 6);
    first.place('a', BID, 40, 6, { groupId: 'g' });
  });
  const restored = bench.exchange.groups.get('g')!;
  bench.fund('a');
  bench.background(ASK, 40, 4);
  bench.place('a', BID, 40, 3, { groupId: 'g', clientOrderId: 'x' });
  assert.equal(restored.triggered, false);
  bench.place('a', BID, 40, 1, { groupId: 'g', clientOrderId: 'y' });
  assert.equal(restored.triggered, true, 'six before the kill and four after it');
  const latched = killed(t, (first) => first.exchange.desk.trigger(group(first))).bench;
  assert.equal(
    refusal(() => latched.place('a', BID, 40, 1, { groupId: 'g' })),
    '400 exceeded_order_group_risk_limit',
  );
});
