import { type Grid, OFF_GRID } from '../market/index.ts';
import { ASK, BID, formatPrice, ONE_DOLLAR, type Price, type TimeUs } from '../units/index.ts';
import type { Exchange } from './exchange.ts';
import type { LiveMarket, Outcome } from './listing.ts';
import { payHolders } from './settlement.ts';
import { gridBody } from './structures.ts';

/** A change of a market that its state does not allow. The message is complete for a person. */
export class LifecycleError extends Error {}

/** How long a market's holders wait for their payment unless its listing says otherwise. */
export const SETTLEMENT_SECONDS = 60;

/**
 * What happens to markets besides trading (API 6.8): opened and closed by the clock or by hand, deactivated, determined,
 * disputed, settled, given another grid. Every step tells the lifecycle channel, save those of the clock.
 */
export class Lifecycle {
  private readonly exchange: Exchange;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  /** Stop a market. Its orders stay until it is activated again, unless they asked to be cancelled. */
  deactivate(ticker: string): void {
    const market = this.in(ticker, ['active'], 'deactivated');
    market.listing.status = 'inactive';
    this.changed(market);
    this.tell(ticker, 'deactivated', { is_deactivated: true });
    if (this.exchange.rules.pauseFlag === 'any')
      this.exchange.removeWhere((o) => o.ticker === ticker && o.cancelOnPause, 'HaltCancel');
  }

  /** Let a deactivated market trade again, with an empty book. */
  activate(ticker: string): void {
    const market = this.in(ticker, ['inactive'], 'activated');
    this.clear(market);
    market.listing.status = 'active';
    this.changed(market);
    this.tell(ticker, 'activated', { is_deactivated: false });
  }

  /** Move the close of a market. At once where `closeTime` has come. */
  moveClose(ticker: string, closeTime: TimeUs): void {
    const market = this.in(ticker, ['initialized', 'active', 'inactive'], 'given another close');
    market.listing.closeTime = closeTime;
    if (closeTime <= this.exchange.now()) market.listing.status = 'closed';
    this.exchange.wake(closeTime);
    this.changed(market);
    this.tell(ticker, 'close_date_updated', { close_ts: seconds(closeTime) });
    if (market.listing.status === 'closed') this.cancelClosed(market);
  }

  /** Let a closed market trade again until `closeTime`. */
  reopen(ticker: string, closeTime: TimeUs): void {
    const market = this.in(ticker, ['closed'], 'reopened');
    if (closeTime <= this.exchange.now())
      throw new LifecycleError(`market ${ticker} cannot be reopened until ${closeTime}: that is past`);
    market.listing.status = 'inactive';
    this.moveClose(ticker, closeTime);
    this.activate(ticker);
  }

  /**
   * Say what a closed market ended in. Its holders are paid when the settlement timer has run. `value` is what a YES
   * contract is worth, strictly between 0 and one dollar, for `scalar` only.
   */
  determine(ticker: string, result: Outcome['result'], value?: Price): void {
    const market = this.in(ticker, ['closed'], 'determined');
    this.conclude(market, 'determined', result, value);
  }

  /** Stop the settlement timer of a determined market. */
  dispute(ticker: string): void {
    const market = this.in(ticker, ['determined', 'amended'], 'disputed');
    market.listing.status = 'disputed';
    market.outcome!.settleTime = 0 as TimeUs;
    this.changed(market);
  }

  /** Replace the result of a market that has not settled; the timer runs anew. */
  correct(ticker: string, result: Outcome['result'], value?: Price): void {
    const market = this.in(ticker, ['determined', 'disputed', 'amended'], 'given another result');
    this.conclude(market, 'amended', result, value);
  }

  /** Pay the holders of a determined market now, whatever its timer says. */
  settle(ticker: string): void {
    const market = this.in(ticker, ['determined', 'amended'], 'settled');
    market.listing.status = 'finalized';
    market.outcome!.settledTime = this.exchange.now();
    const paid = payHolders(this.exchange, market);
    this.changed(market);
    this.tell(ticker, 'settled', { settled_ts: seconds(this.exchange.now()) });
    for (const { userId, subaccount } of paid)
      for (const l of this.exchange.listeners) l.position(userId, ticker, subaccount);
  }

  /**
   * Give a market another grid. Orders and liquidity at prices that both have stay where they are in their queues; what
   * stands elsewhere goes, or keeps the change from happening, as the rules say.
   */
  regrid(ticker: string, grid: Grid): void {
    const market = this.in(ticker, ['initialized', 'active', 'inactive'], 'given another grid');
    const { listing, ladder } = market;
    if (listing.recorded) throw new LifecycleError(`market ${ticker} is played from a recording, which has its grid`);
    const stranded = (side: 0 | 1): number[] =>
      [...ladder.levels(side)].filter((level) => grid.level(listing.grid.price(level)) === OFF_GRID);
    if (this.exchange.rules.coarserGrid === 'refuse' && stranded(BID).length + stranded(ASK).length > 0)
      throw new LifecycleError(`market ${ticker} has orders at prices that the new grid does not have`);
    this.exchange.removeWhere((o) => o.ticker === ticker && grid.level(o.price) === OFF_GRID, 'HaltCancel');
    for (const side of [BID, ASK] as const)
      for (const level of stranded(side)) ladder.reduceBackground(side, level, ladder.total(side, level));
    ladder.regrid(grid);
    listing.grid = grid;
    this.changed(market);
    this.tell(ticker, 'price_level_structure_updated', gridBody(grid));
  }

  /** Give a market another title. */
  rename(ticker: string, title: string): void {
    const market = this.exchange.market(ticker);
    market.listing.title = title;
    this.changed(market);
    this.tell(ticker, 'metadata_updated', { yes_sub_title: title });
  }

  /** Tell of a market that is new, and of its event where that is new too. */
  created(market: LiveMarket, newEvent: boolean): void {
    const { listing } = market;
    const { ticker, eventTicker, seriesTicker, title, exchangeIndex, openTime, closeTime, collateralReturn } = listing;
    if (newEvent) {
      const event = { event_ticker: eventTicker, exchange_index: exchangeIndex, title, subtitle: '' };
      const msg = { ...event, collateral_return_type: collateralReturn ?? '', series_ticker: seriesTicker };
      this.exchange.announce({ type: 'event_lifecycle', msg });
    }
    this.tell(ticker, 'created', {
      exchange_index: exchangeIndex,
      open_ts: seconds(openTime),
      close_ts: seconds(closeTime),
      ...gridBody(listing.grid),
      additional_metadata: {
        name: title,
        title,
        yes_sub_title: title,
        no_sub_title: title,
        rules_primary: '',
        rules_secondary: '',
        can_close_early: true,
        event_ticker: eventTicker,
        expected_expiration_ts: seconds(closeTime),
      },
    });
  }

  /** Open, close and settle what is due. Returns when the next of them is. */
  runDue(time: TimeUs): number {
    let next = Number.POSITIVE_INFINITY;
    const later = (at: number): void => {
      if (at > time) next = Math.min(next, at);
    };
    for (const market of this.exchange.markets.values()) {
      const { listing, outcome } = market;
      if (listing.status === 'initialized' && listing.openTime <= time) listing.status = 'active';
      if (listing.status === 'initialized') later(listing.openTime);
      const open = ['initialized', 'active', 'inactive'].includes(listing.status);
      if (open && listing.closeTime > 0) {
        if (listing.closeTime > time) later(listing.closeTime);
        else {
          listing.status = 'closed';
          this.cancelClosed(market);
        }
      }
      if (outcome === undefined || (listing.status !== 'determined' && listing.status !== 'amended')) continue;
      if (outcome.settleTime > time) later(outcome.settleTime);
      else this.settle(listing.ticker);
    }
    return next;
  }

  private conclude(
    market: LiveMarket,
    status: 'determined' | 'amended',
    result: Outcome['result'],
    value?: Price,
  ): void {
    const { ticker, settlementSeconds } = market.listing;
    const worth = result === 'scalar' ? value : ((result === 'yes' ? ONE_DOLLAR : 0) as Price);
    if (worth === undefined || (result === 'scalar' && (worth <= 0 || worth >= ONE_DOLLAR)))
      throw new LifecycleError(`market ${ticker}: a scalar result needs a value strictly between 0 and 1 dollar`);
    if (result !== 'scalar' && value !== undefined && value !== worth)
      throw new LifecycleError(`market ${ticker}: a ${result} result is worth ${formatPrice(worth)}, not ${value}`);
    const now = this.exchange.now();
    const settleTime = (now + (settlementSeconds ?? SETTLEMENT_SECONDS) * 1_000_000) as TimeUs;
    market.outcome = { result, value: worth, determinedTime: now, settleTime, settledTime: 0 as TimeUs };
    market.listing.status = status;
    this.exchange.wake(settleTime);
    this.changed(market);
    const outcome = { result, settlement_value: formatPrice(worth) };
    this.tell(ticker, 'determined', { determination_ts: seconds(now), ...outcome });
  }

  /** The market, if it is in one of these states. @throws LifecycleError */
  private in(ticker: string, states: readonly string[], what: string): LiveMarket {
    this.exchange.tick();
    const market = this.exchange.market(ticker);
    const { status } = market.listing;
    if (!states.includes(status))
      throw new LifecycleError(`market ${ticker} is ${status}: only when ${states.join(' or ')} can it be ${what}`);
    return market;
  }

  private clear(market: LiveMarket): void {
    const { listing, ladder } = market;
    this.exchange.removeWhere((o) => o.ticker === listing.ticker, 'HaltCancel');
    if (listing.recorded) return;
    for (const side of [BID, ASK] as const)
      for (const level of [...ladder.levels(side)]) ladder.reduceBackground(side, level, ladder.total(side, level));
  }

  private cancelClosed(market: LiveMarket): void {
    this.exchange.removeWhere((o) => o.ticker === market.listing.ticker, 'CloseCancel');
  }

  private changed(market: LiveMarket): void {
    this.exchange.record({ what: 'market', market });
  }

  private tell(ticker: string, event: string, fields: Readonly<Record<string, unknown>>): void {
    const msg = { market_ticker: ticker, event_type: event, ...fields };
    this.exchange.announce({ type: 'market_lifecycle_v2', msg });
  }
}

function seconds(time: TimeUs): number {
  return Math.floor(time / 1_000_000);
}
