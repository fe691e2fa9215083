import { keenestPrice, type Order, remaining, unbooked } from '../orders/index.ts';
import { BID, type Price, type Side } from '../units/index.ts';
import { collateralEach } from './collateral.ts';
import { EventExposure } from './event-exposure.ts';
import { MarketExposure } from './market-exposure.ts';
import { Scope } from './scope.ts';

/** What a market's account holds, as far as the worst case needs it. Money in micro-dollars. */
export interface Holding {
  readonly position: number;
  /** Cash that fills and settlement moved, less what the position carried into the session is valued at. */
  readonly cash: number;
  /** What the session changed of the cash on the market's shard. */
  readonly cashChange: number;
}

/** Sums over the markets of a shard, micro-dollars: cash moved by the session, and held back by what rests. */
export interface ShardSums {
  cashChange: number;
  held: number;
}

/**
 * What everything held and resting could cost, kept up to date change by change: an order costs O(1) for its market
 * and O(log outcomes) for its event, whatever else rests. Worst case of an outcome o of a market:
 * `W_o = cash + payoff_o(position) + sum over orders of min(0, payoff_o - price) x what may still fill`: orders that
 * would win are assumed not to fill. An event's is the worst sum over its possible outcomes; series, strategy and total
 * add events up.
 */
export class Exposure {
  readonly total = new Scope(null);
  readonly strategy = new Scope(this.total);
  /** Collateral of positions and of what may still fill, nothing netted; and what positions would sell for now. */
  capital = 0;
  liquidation = 0;
  private readonly markets: MarketExposure[] = [];
  private readonly events = new Map<string, EventExposure>();
  private readonly seriesByTicker = new Map<string, Scope>();
  private readonly shards = new Map<number, ShardSums>();
  private readonly ordersOn: (market: number, side: Side) => readonly Order[];

  /** @param ordersOn the live orders of a side; read where the keenest of them has just gone */
  constructor(ordersOn: (market: number, side: Side) => readonly Order[]) {
    this.ordersOn = ordersOn;
  }

  /** A market's figures. Each is an event of its own until it is placed. */
  market(index: number): MarketExposure {
    for (let n = this.markets.length; n <= index; n++) {
      const alone = new EventExposure(this.strategy, this.strategy);
      this.markets.push(new MarketExposure(n, alone, this.shard(0)));
      alone.join(this.markets[n]!);
    }
    return this.markets[index]!;
  }

  /** Sums of a shard. */
  shard(index: number): ShardSums {
    let sums = this.shards.get(index);
    if (sums === undefined) {
      sums = { cashChange: 0, held: 0 };
      this.shards.set(index, sums);
    }
    return sums;
  }

  /** Sums of a series, or of an event; a series or event without a market is one of nothing. */
  series(ticker: string): Scope {
    let scope = this.seriesByTicker.get(ticker);
    if (scope === undefined) {
      scope = new Scope(this.strategy);
      this.seriesByTicker.set(ticker, scope);
    }
    return scope;
  }

  event(ticker: string): EventExposure | undefined {
    return this.events.get(ticker);
  }

  /** Tickers of the events that markets were placed in. */
  eventTickers(): readonly string[] {
    return [...this.events.keys()];
  }

  /** Say which event, series and shard a market belongs to. An event's series is that of its first market. */
  place(index: number, event: string, series: string, shard: number): void {
    const market = this.market(index);
    let home = this.events.get(event);
    if (home === undefined) {
      const scope = this.series(series);
      home = new EventExposure(scope, scope);
      this.events.set(event, home);
    }
    if (market.event !== home) {
      market.event.leave(market);
      home.join(market);
    }
    market.moveTo(this.shard(shard));
  }

  /**
   * The possible outcomes of an event, each as the markets (by index) that settle YES in it; null where they are not
   * known: then its markets' risks are added up. O(markets x outcomes), for when the shape has changed.
   */
  shape(event: string, outcomes: readonly (readonly number[])[] | null): void {
    this.events.get(event)?.shape(outcomes);
  }

  /** A market's position or cash has changed. */
  holds(index: number, { position, cash, cashChange }: Holding): void {
    const market = this.market(index);
    market.position = position;
    market.cash = cash;
    market.setCashChange(cashChange);
    this.refresh(market);
  }

  /** What a market's position would need as collateral, and would sell for, at the book's best price. */
  mark(index: number, collateral: number, liquidation: number): void {
    const market = this.market(index);
    this.capital += collateral - market.positionCollateral;
    this.liquidation += liquidation - market.liquidation;
    market.positionCollateral = collateral;
    market.liquidation = liquidation;
  }

  /** An order came, went or changed. While it may be at two prices the dearer counts, at the larger size. */
  order(order: Order): void {
    const { share, side } = order;
    const market = this.market(order.market);
    const isLive = order.life !== 'done';
    const left = remaining(order);
    const filled = unbooked(order);
    const keenest = keenestPrice(order);
    const loss = left * collateralEach(side, keenest) + filled * collateralEach(side, order.dearest);
    const isSame = share.isLive === isLive && share.count === left + filled && share.loss === loss;
    if (isSame && share.keenest === keenest) return;
    if (isLive && !share.isLive) {
      market.live[side]++;
      if (order.life === 'sent') market.recent[side].note(order.sentTime, order.price, order.initialCount);
    } else if (!isLive && share.isLive) market.live[side]--;
    this.trackBest(market, side, share.isLive ? share.keenest : 0, isLive ? keenest : 0);
    market.open[side] += left + filled - share.count;
    market.loss[side] += loss - share.loss;
    this.capital += loss - share.loss;
    share.isLive = isLive;
    share.count = left + filled;
    share.loss = loss;
    share.keenest = keenest;
    this.refresh(market);
  }

  /** Our live price of a side nearest to the other side, 0 for none. */
  best(index: number, side: Side): Price {
    const market = this.market(index);
    if (!market.bestKnown[side]) {
      let best = 0;
      for (const o of this.ordersOn(index, side)) best = keener(side, best, keenestPrice(o));
      market.best[side] = best;
      market.bestKnown[side] = true;
    }
    return market.best[side] as Price;
  }

  private trackBest(market: MarketExposure, side: Side, before: number, now: number): void {
    if (before === now || !market.bestKnown[side]) return;
    if (now !== 0 && keener(side, market.best[side], now) === now) market.best[side] = now;
    // The keenest went: who is next is looked up when somebody asks.
    else if (before === market.best[side]) market.bestKnown[side] = false;
  }

  private refresh(market: MarketExposure): void {
    const before = market.contracts;
    market.recount();
    market.event.changed(market, market.contracts - before);
  }
}

function keener(side: Side, a: number, b: number): number {
  if (a === 0 || b === 0) return a + b;
  return side === BID ? Math.max(a, b) : Math.min(a, b);
}
