import type { Exchange } from '../../engine/exchange/exchange.ts';
import { collateralOn } from '../../engine/exchange/funds.ts';
import type { ExchangeOrder } from '../../engine/exchange/order.ts';
import { ASK, BID, ONE_DOLLAR, type Side } from '../../engine/units/index.ts';
import type { EventShape, WorldShape } from './shape.ts';

/** What an account could lose, reckoned from the exchange's own records and by nothing of the engine's. Micro-dollars. */
export class Account {
  private readonly exchange: Exchange;
  private readonly shape: WorldShape;
  private readonly userId: string;

  constructor(exchange: Exchange, shape: WorldShape, userId: string) {
    this.exchange = exchange;
    this.shape = shape;
    this.userId = userId;
  }

  get resting(): readonly ExchangeOrder[] {
    return this.exchange.restingOf(this.userId);
  }

  position(ticker: string): number {
    return this.exchange.account(this.userId).holding(ticker).position;
  }

  open(ticker: string, side: Side): number {
    return this.of(ticker).reduce((sum, o) => sum + (o.side === side ? o.remainingCount : 0), 0);
  }

  of(ticker: string): readonly ExchangeOrder[] {
    return this.resting.filter((o) => o.ticker === ticker);
  }

  eventOf(ticker: string): EventShape {
    return this.shape.events.find((e) => e.markets.includes(ticker))!;
  }

  /** Cash moved in a market and what its position pays if it settles so, the orders that lose by it filled. */
  worth(ticker: string, settlesYes: boolean): number {
    const { position, cashFlow } = this.exchange.account(this.userId).holding(ticker);
    // What has been determined has one outcome, paid or not.
    const { outcome } = this.exchange.market(ticker);
    const payoff = outcome?.value ?? (settlesYes ? ONE_DOLLAR : 0);
    let worth = cashFlow + (position > 0 ? payoff : payoff - ONE_DOLLAR) * position;
    for (const { side, price, remainingCount } of this.of(ticker))
      worth += Math.min(0, side === BID ? payoff - price : price - payoff) * remainingCount;
    return worth;
  }

  marketRisk(ticker: string): number {
    return Math.max(0, -this.worth(ticker, true), -this.worth(ticker, false));
  }

  eventRisk(event: EventShape): number {
    const { markets } = event;
    if (event.kind === 'unrelated' && markets.length > 1)
      return markets.reduce((sum, m) => sum + this.marketRisk(m), 0);
    return Math.max(0, -this.noneWins(event), ...markets.map((m) => -this.wins(event, m)));
  }

  /** The most an event can lose in the outcomes in which an order on this side of a market loses. */
  lossWhere(ticker: string, side: Side): number {
    const event = this.eventOf(ticker);
    const others = event.markets.filter((m) => m !== ticker);
    if (event.kind === 'unrelated' && others.length > 0)
      return -this.worth(ticker, side === ASK) + others.reduce((sum, m) => sum + this.marketRisk(m), 0);
    if (side === ASK) return -this.wins(event, ticker);
    return Math.max(-this.noneWins(event), ...others.map((m) => -this.wins(event, m)));
  }

  totalRisk(): number {
    return this.shape.events.reduce((sum, e) => sum + this.eventRisk(e), 0);
  }

  /** Cash of a shard beyond the collateral of its resting orders; fees aside. */
  free(shard: number): number {
    const account = this.exchange.account(this.userId);
    return account.cashOn(shard) - collateralOn(this.exchange, account, shard);
  }

  /** Our best bid and ask of a market; 0 and one dollar where there is none. */
  touch(ticker: string): { readonly bid: number; readonly ask: number } {
    let [bid, ask] = [0, ONE_DOLLAR as number];
    for (const { side, price } of this.of(ticker)) {
      if (side === BID) bid = Math.max(bid, price);
      else ask = Math.min(ask, price);
    }
    return { bid, ask };
  }

  private noneWins({ markets }: EventShape): number {
    return markets.reduce((sum, m) => sum + this.worth(m, false), 0);
  }

  private wins({ markets }: EventShape, winner: string): number {
    return markets.reduce((sum, m) => sum + this.worth(m, m === winner), 0);
  }
}
