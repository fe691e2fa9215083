import { Context } from '../../engine/core/context.ts';
import type { MarketState } from '../../engine/core/market-state.ts';
import { LINEAR_CENT } from '../../engine/market/index.ts';
import type { Order } from '../../engine/orders/index.ts';
import { type RiskLimits, RiskVerdict } from '../../engine/risk/index.ts';
import { ASK, BID, type Count, type Money, type Price, type Side, type TimeUs } from '../../engine/units/index.ts';
import { testConfig } from '../../test/support/bench-venue.ts';

const NOW = 1_800_000_000_000_000 as TimeUs;
const scope = { maxRisk: 180_000_000 as Money, maxContracts: 40_000_000 as Count };

/** Every constraint has a limit. */
export const LIMITS: RiskLimits = {
  ...testConfig([]).risk,
  maxPosition: 1_000_000 as Count,
  maxOrdersPerMarket: 1000,
  maxOrders: 100_000,
  maxCapital: 1_000_000_000_000 as Money,
  priceBand: 9900,
  maxOrderValue: 500_000_000 as Money,
  maxRestingPerMarket: 1_000_000 as Count,
  maxMarketRisk: 60_000_000 as Money,
  maxEquityShare: 0.5,
  event: scope,
  series: scope,
  strategy: scope,
  total: scope,
  cashReserve: 1_000_000 as Money,
  messagesPerSecond: 1000,
  maxTradesPerDay: 1000,
  duplicateMs: 500,
};

/** One exclusive event of so many markets, with so many orders of ours in each, and what is wanted beside them. */
export class BenchDesk {
  readonly ctx: Context;
  readonly orders: readonly Order[];
  readonly verdict = new RiskVerdict();
  private readonly places: readonly Price[];
  private at = 0;
  private readonly wanted: { market: MarketState; side: Side; price: Price; count: Count; moved: Order | null };

  constructor(markets: number, ordersEach: number) {
    const tickers = Array.from({ length: markets }, (_, n) => `KXRISK-E-${n}`);
    const config = testConfig(tickers, { risk: LIMITS });
    const quiet = (): void => {};
    const ctx = new Context(config, { send: quiet, request: quiet, reconnect: quiet, report: quiet }, NOW);
    this.ctx = ctx;
    const orders: Order[] = [];
    ctx.risk.series('KXRISK-E', 'KXRISK');
    for (const market of ctx.markets) {
      market.book = ctx.books.open(LINEAR_CENT);
      market.eventTicker = 'KXRISK-E';
      ctx.risk.look(market);
      const tradeId = `t${market.index}`;
      const fill = { tradeId, orderId: tradeId, side: BID, price: 4000 as Price, count: 100 as Count, fee: 0 as Money };
      ctx.ledger.book(market.index, fill);
      for (let n = 0; n < ordersEach; n++) {
        const side = (n % 2) as Side;
        const price = (side === BID ? 4500 - 100 * (n % 40) : 5500 + 100 * (n % 40)) as Price;
        const order = ctx.orders.sent(`c${market.index}-${n}`, market.index, side, price, (100 + n) as Count, NOW);
        orders.push(order);
      }
    }
    ctx.cash = new Map([[0, 1_000_000_000 as Money]]);
    ctx.risk.exposure.shape('KXRISK-E', [[], ...tickers.map((_, n) => [n])]);
    ctx.now = (NOW + 60_000_000) as TimeUs;
    this.orders = orders;
    this.places = orders.map((o) => o.price);
    this.wanted = { market: ctx.markets[0]!, side: BID, price: 4000 as Price, count: 5000 as Count, moved: null };
  }

  /** Some order of ours moves by a cent, without a word to whoever keeps sums; then something is wanted of a market. */
  step(): Order {
    const n = this.at++;
    const which = (n * 7919) % this.orders.length;
    const order = this.orders[which]!;
    const place = this.places[which]!;
    order.price = (order.price === place ? place - 100 : place) as Price;
    const { wanted } = this;
    wanted.market = this.ctx.markets[(n * 31) % this.ctx.markets.length]!;
    wanted.count = (100 + ((n * 7) % 100) * 100) as Count;
    wanted.side = n % 3 === 0 ? ASK : BID;
    wanted.price = (wanted.side === BID ? 4000 : 6000) as Price;
    return order;
  }

  get want(): BenchDesk['wanted'] {
    return this.wanted;
  }
}
