import assert from 'node:assert/strict';
import { A, B, type SocketBench } from '../support/socket-bench.ts';
import { scenario } from './scenario.ts';

const LIFECYCLE = 'market_lifecycle_v2';

/** A lifecycle message, `skipped` numbers ahead of where the stream is. */
function tell(bench: SocketBench, ticker: string, event: string, skipped = 0): void {
  const sid = bench.proxy.sidOf(LIFECYCLE);
  const told = bench.told;
  bench.told = told + skipped + 1;
  const msg = { market_ticker: ticker, event_type: event };
  bench.proxy.inject(JSON.stringify({ type: LIFECYCLE, sid, seq: bench.told, msg }));
}

scenario('a market that is deactivated is not quoted', {}, async (bench) => {
  tell(bench, A, 'deactivated');
  await bench.until('pulled', () => bench.resting(A).length === 0 && bench.isQuoted(B));
  assert.equal(bench.market(A).bid.reason, 'market_not_active');
  tell(bench, A, 'activated');
});

/** The exchange takes a market out of trading; our orders go with it, as they ask for. */
function deactivate(bench: SocketBench): void {
  for (const order of bench.resting(A)) bench.exchange.remove(order, 'MarketPause');
  bench.exchange.markets.get(A)!.listing.status = 'inactive';
}

function activate(bench: SocketBench): void {
  bench.exchange.markets.get(A)!.listing.status = 'active';
  tell(bench, A, 'activated');
}

scenario('a market that stopped while we were not connected is not quoted after', {}, async (bench) => {
  bench.proxy.refuseWith = 503;
  bench.proxy.kill();
  await bench.until('pulled', () => bench.resting(A).length + bench.resting(B).length === 0);
  deactivate(bench);
  bench.proxy.refuseWith = 0;
  const creates = bench.count('createOrders');
  await bench.until('the other is quoted', () => bench.proxy.accepted > 1 && bench.isTrue(B) && bench.isQuoted(B));
  assert.equal(bench.market(A).bid.reason, 'market_not_active');
  const asked = bench.requests.filter((r) => r.op === 'createOrders').slice(creates);
  assert.ok(asked.length > 0 && asked.every((r) => !r.body.includes(A)));
  bench.told = 0;
  activate(bench);
});

scenario('a gap in the news of markets has their state read', {}, async (bench) => {
  tell(bench, 'OTHER', 'created');
  deactivate(bench);
  tell(bench, 'OTHER', 'determined', 1);
  await bench.until('learnt', () => bench.market(A).bid.reason === 'market_not_active' && bench.isQuoted(B));
  assert.equal(bench.resting(A).length, 0);
  activate(bench);
});
