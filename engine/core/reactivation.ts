import { SIDES } from '../orders/index.ts';
import type { Context } from './context.ts';
import type { MarketState } from './market-state.ts';

/**
 * A market trades again after a pause: what rested there is cancelled by the exchange at that moment (API 6.8), and
 * whether the stream tells of each order is not said. Each is asked for; until then it counts, and its side is left
 * alone. Returns how many there are.
 */
export function doubtResting(ctx: Context, market: MarketState): number {
  let orders = 0;
  for (const side of SIDES) {
    for (const order of [...ctx.orders.on(market.index, side)]) {
      if (order.life !== 'resting') continue;
      ctx.orders.doubt(order, ctx.now);
      orders++;
    }
  }
  if (orders > 0) ctx.touch(market);
  return orders;
}
