import { NO_LEVEL } from '../market/index.ts';
import type { BookView } from '../quoting/index.ts';
import { ASK, BID, type Money, type Price, type Side } from '../units/index.ts';
import type { Context } from './context.ts';
import { isTradable, type MarketState } from './market-state.ts';

/** P&L of a market by what others bid and ask; by their last word where the book says nothing. Moves the view. */
export function profitOf(ctx: Context, market: MarketState, view: BookView): Money {
  if (ctx.ledger.position(market.index) === 0) return ctx.ledger.profit(market.index, 0 as Price, 0 as Price);
  if (!isTradable(market, ctx.now)) return market.profit;
  view.aim(market.index, market.book);
  return ctx.ledger.profit(market.index, othersBest(view, BID), othersBest(view, ASK));
}

/** Others' best price of a side of the market the view is aimed at, 0 for none: a quote of ours is nobody to sell to. */
export function othersBest(view: BookView, side: Side): Price {
  const level = view.bestLevel(side);
  return level === NO_LEVEL ? (0 as Price) : view.grid.price(level);
}
