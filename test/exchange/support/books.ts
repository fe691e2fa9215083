import assert from 'node:assert/strict';
import type { Exchange } from '../../../engine/exchange/exchange.ts';
import type { LiveMarket } from '../../../engine/exchange/listing.ts';
import { NO_LEVEL } from '../../../engine/market/index.ts';
import { ASK, BID, type Side } from '../../../engine/units/index.ts';

/** What rests of a side, best first, as the queues have it: level, owner (null: nobody), contracts. */
export function resting(market: LiveMarket, side: Side): { level: number; orderId: string | null; left: number }[] {
  const found: { level: number; orderId: string | null; left: number }[] = [];
  for (let n = 0; n < market.listing.grid.levels; n++) {
    const level = side === BID ? market.listing.grid.levels - 1 - n : n;
    for (const e of market.ladder.queue(side, level))
      found.push({ level, orderId: e.order?.orderId ?? null, left: e.left });
  }
  return found;
}

/** Everything that must be true of a book whatever happened: not crossed, totals as recounted, orders where they say. */
export function checkBook(exchange: Exchange, market: LiveMarket): void {
  const { ladder, listing } = market;
  const bid = ladder.best(BID);
  const ask = ladder.best(ASK);
  assert.ok(bid === NO_LEVEL || ask === NO_LEVEL || bid < ask, `crossed: ${bid} against ${ask}`);
  const seen = new Set<string>();
  for (const side of [BID, ASK] as const) {
    for (let level = 0; level < listing.grid.levels; level++) {
      const queue = ladder.queue(side, level);
      assert.equal(
        queue.reduce((sum, e) => sum + e.left, 0),
        ladder.total(side, level),
        `displayed total of level ${level}`,
      );
      for (const [i, e] of queue.entries()) {
        assert.ok(e.left > 0, 'an empty entry stays in a queue');
        if (i > 0) assert.ok(queue[i - 1]!.place < e.place, 'places out of order');
        if (e.order === null) continue;
        const { orderId, status, remainingCount, price } = e.order;
        assert.deepEqual([status, remainingCount, price], ['resting', e.left, listing.grid.price(level)]);
        assert.ok(!seen.has(orderId), 'an order rests twice');
        seen.add(orderId);
      }
    }
  }
  for (const o of exchange.orders.values()) {
    if (o.ticker === listing.ticker) assert.equal(seen.has(o.orderId), o.status === 'resting', o.clientOrderId);
    if (o.status === 'resting') assert.equal(o.initialCount, o.fillCount + o.remainingCount);
    else assert.equal(o.remainingCount, 0);
  }
}
