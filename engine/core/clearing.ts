import { clearingText, type QuietReason, REASONS } from '../quoting/index.ts';
import { ASK, BID, DOLLAR, type Side } from '../units/index.ts';
import type { Context } from './context.ts';
import type { MarketState } from './market-state.ts';

/** Why a side is as it is, and what would clear it. */
export interface Clearing {
  /** The number the reason is about and the one that clears it, in `unit`; null where it has none. */
  readonly has: number | null;
  readonly needs: number | null;
  readonly unit: string;
  /** The same in words: `4 tokens, must be at least 30`, or what has to happen. '' for a side that is quoted. */
  readonly clears: string;
}

type Numbers = readonly [has: number, needs: number];
const NONE: Numbers = [Number.NaN, Number.NaN];
const SECOND_US = 1_000_000;

/** What would clear the reason of a market's side, as things stand. `missing`: answers that quoting waits for. */
export function clearingOf(ctx: Context, market: MarketState, side: Side, missing: number): Clearing {
  const reason = market.reasons[side];
  const [has, needs] = numbersOf(ctx, market, side, reason, missing);
  const { unit, clears } = REASONS[reason];
  const numbers = clearingText(reason, has, needs);
  const words = numbers === '' ? wordsOf(ctx, market, reason) || clears : numbers;
  return { has: orNull(has), needs: orNull(needs), unit, clears: words };
}

function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** Reasons without numbers of their own have words that came with them. */
function wordsOf(ctx: Context, market: MarketState, reason: QuietReason): string {
  if (reason === 'halted' || reason === 'reduce_only') return ctx.halts.inForceFor(market.ticker)?.clears ?? '';
  if (reason === 'market_not_active') return `the exchange says ${market.status}, must be active`;
  return '';
}

function numbersOf(ctx: Context, market: MarketState, side: Side, reason: QuietReason, missing: number): Numbers {
  const { config, now, books } = ctx;
  const since = (time: number): number => (now - time) / SECOND_US;
  switch (reason) {
    case 'starting':
      // With everything answered it is the comparison or the order group that is awaited.
      return [Math.max(1, missing), 0];
    case 'link_down':
    case 'book_stale':
      if (market.stale !== '') return [since(market.staleSince), 0];
      return reason === 'book_stale' && market.hintTime !== 0
        ? [since(market.hintTime), (config.risk.maxBookDoubtMs ?? 0) / 1000]
        : NONE;
    case 'calendar':
      return [ctx.calendar.secondsLeft(market, now), 0];
    case 'closing_soon':
      // A strategy's own guard comes with its numbers.
      return Number.isNaN(market.measures[side].needs)
        ? [-since(market.closeTime), config.closeGuardMs / 1000]
        : [market.measures[side].has, market.measures[side].needs];
    case 'book_crossed':
      return [books.bestPrice(market.book, BID) / 100, books.bestPrice(market.book, ASK) / 100];
    case 'no_funds':
      return [(ctx.cash.get(market.exchangeIndex) ?? 0) / DOLLAR, 0];
    case 'group_triggered':
      return [ctx.groups.get(market.exchangeIndex)?.secondsToReset(config.groups, now) ?? Number.NaN, 0];
    case 'order_unknown':
      return unknownFor(ctx, market, side);
    case 'no_tokens':
      return [ctx.writes.available(now), ctx.costs.createCost + config.budget.reserve + ctx.keptForPulls(ctx.writes)];
    case 'exchange_refused':
      return [Math.max(0, -since(market.holdUntil[side])), 0];
    case 'book_one_sided':
      return [0, 0];
    case 'position_limit':
      return Number.isNaN(market.measures[side].needs)
        ? [Math.abs(ctx.ledger.position(market.index)) / 100, ctx.risk.limitsOf(market).position / 100]
        : [market.measures[side].has, market.measures[side].needs];
    default:
      return [market.measures[side].has, market.measures[side].needs];
  }
}

/** How long the side's oldest unresolved order has been unknown, and when its absence would be believed. */
function unknownFor(ctx: Context, market: MarketState, side: Side): Numbers {
  let oldest = 0;
  for (const order of ctx.orders.on(market.index, side)) {
    const since = order.change?.unknownSince || order.unknownSince;
    if (since !== 0 && (oldest === 0 || since < oldest)) oldest = since;
  }
  return oldest === 0 ? NONE : [(ctx.now - oldest) / SECOND_US, ctx.config.timing.unknownMinAgeMs / 1000];
}
