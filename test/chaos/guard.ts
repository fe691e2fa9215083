import type { TextRequest } from '../../engine/core/index.ts';
import { BID, ONE_DOLLAR } from '../../engine/units/index.ts';
import type { Account } from './books.ts';
import type { Invariant } from './invariants.ts';
import type { Life } from './life.ts';
import { describeSent, lossOf, ordersIn, type SentOrder } from './orders-in.ts';
import type { WorldShape } from './shape.ts';
import type { World } from './world.ts';

/** A read may lag by this; what came to rest shortly before an engine was born cannot be known by it. */
const LAG_US = 400_000;
/** Fees, and payouts the engine knows of before they are paid. */
const CASH_TOLERANCE = 1_000_000;
/** The window of the message rate, and how much longer than it was it may have seemed: clocks are set. */
const PACE_US = 4_000_000;
const PACE_SECONDS = 5.5;

/** Looks at every request at the moment it leaves: what may never be sent, whatever becomes of it. */
export class Guard {
  private readonly world: World;
  private readonly account: Account;
  private readonly shape: WorldShape;
  private readonly fail: (invariant: Invariant, text: string) => never;
  private readonly sent = new Map<string, number[]>();
  private quoted: Life | null = null;
  /** By market: contracts of orders that closed a position and so passed limits on what could be lost. */
  readonly closing = new Map<string, number>();
  creates = 0;
  amends = 0;

  constructor(world: World, account: Account, fail: (invariant: Invariant, text: string) => never) {
    this.world = world;
    this.account = account;
    this.shape = world.shape;
    this.fail = fail;
  }

  leaves(life: Life, request: TextRequest): void {
    const orders = ordersIn(request);
    if (orders.length === 0) return;
    const what = `life ${life.number} ${request.op}`;
    if (!life.witness.isUp) this.fail('no_blind_quote', `${what} with the link down`);
    const mayQuote = !life.isStopping && (!life.isPaused || orders.every((o) => o.isClosing));
    if (!mayQuote) this.fail('no_quote_when_told', `${what} after a pause or stop`);
    if (this.quoted !== life) this.firstOf(life);
    /** Of this request, by market and side: what it adds to the loss if all of it fills. */
    const added = new Map<string, number>();
    for (const order of orders) {
      if (order.orderId === '') this.creates++;
      else this.amends++;
      this.seesItsBook(life, order);
      this.isOfLevel(life, order);
      this.meetsNoOwn(life, order);
      if (!order.isClosing) {
        this.isOfSize(order);
        this.isInPace(life, order);
      }
      this.isWithinRisk(life, order, added);
    }
  }

  private seesItsBook({ witness, inside }: Life, order: SentOrder): void {
    const { ticker } = order;
    const market = inside.markets[inside.tickers.indexOf(ticker)]!;
    const text = describeSent(order);
    if (!witness.isFresh(ticker)) this.fail('no_blind_quote', `${text}: no snapshot since the last gap`);
    if (!market.seen || market.stale !== '')
      this.fail('no_blind_quote', `${text}: its book is ${market.stale || 'not seen'}`);
    if (inside.books.isCrossed(market.book)) this.fail('no_blind_quote', `${text}: its book is crossed`);
    if (market.status !== 'active') this.fail('no_quote_when_told', `${text}: the market is ${market.status}`);
  }

  /** At level 1 only what reduces a position, from level 2 on nothing but what closes it at once, at level 3. */
  private isOfLevel(life: Life, order: SentOrder): void {
    const { told, inside } = life;
    if (order.isClosing && inside.halts.level !== 3)
      this.fail('no_quote_when_told', `${describeSent(order)} closes at level ${inside.halts.level}`);
    if (told >= 2 && !order.isClosing) this.fail('no_quote_when_told', `${describeSent(order)} at level ${told}`);
    if (told !== 1 || order.isClosing) return;
    const held = inside.ledger.position(inside.tickers.indexOf(order.ticker));
    const closable = order.side === BID ? -held : held;
    const filled = this.world.exchange.orders.get(order.orderId)?.fillCount ?? 0;
    if (order.count - filled > closable)
      this.fail('no_quote_when_told', `${describeSent(order)} at level 1 with ${held / 100} held`);
  }

  /** Whatever the exchange would do about it: nothing is sent to where it would meet an order of its own engine. */
  private meetsNoOwn(life: Life, order: SentOrder): void {
    for (const own of this.account.of(order.ticker)) {
      if (own.side === order.side || !life.placed(own.clientOrderId)) continue;
      const meets = order.side === BID ? order.price >= own.price : order.price <= own.price;
      if (meets) this.fail('no_self_cross', `${describeSent(order)} meets ${own.clientOrderId} at ${own.price / 100}c`);
    }
  }

  private isOfSize(order: SentOrder): void {
    const { maxOrderCount, maxOrderValue } = this.shape.config.risk;
    const { side, price, orderId } = order;
    // The total of an amend names what has filled before.
    if (orderId !== '') return;
    if (order.count > maxOrderCount) this.fail('order_limits', `${describeSent(order)}: the limit is ${maxOrderCount}`);
    const value = order.count * lossOf(side, price);
    if (maxOrderValue !== undefined && value > maxOrderValue)
      this.fail('order_limits', `${describeSent(order)}: it can lose ${value}, the limit is ${maxOrderValue}`);
  }

  private isInPace(life: Life, order: SentOrder): void {
    const rate = this.shape.config.risk.messagesPerSecond;
    if (rate === undefined) return;
    const key = `${life.number} ${order.ticker}`;
    const { timeUs } = this.world;
    const times = (this.sent.get(key) ?? []).filter((t) => t > timeUs - PACE_US);
    times.push(timeUs);
    this.sent.set(key, times);
    const most = 4 * rate + PACE_SECONDS * rate + 1;
    if (times.length > most) this.fail('order_limits', `${order.ticker}: ${times.length} messages in four seconds`);
  }

  /** No order makes an outcome in which it loses cost more than the limit, nor is sent without the cash for it. */
  private isWithinRisk(life: Life, order: SentOrder, added: Map<string, number>): void {
    const { account, shape, world } = this;
    const { ticker, side, orderId } = order;
    const market = life.inside.tickers.indexOf(ticker);
    const moved = orderId === '' ? undefined : world.exchange.orders.get(orderId);
    // What has filled or gone meanwhile cannot be moved: nothing comes of it.
    if (moved !== undefined && moved.status !== 'resting') return;
    const count = order.count - (moved?.fillCount ?? 0);
    const sign = side === BID ? -1 : 1;
    const held = Math.max(sign * account.position(ticker), sign * life.inside.ledger.position(market));
    if (held > 0) this.closing.set(ticker, (this.closing.get(ticker) ?? 0) + Math.min(count, held));
    // What closes passes; and an earlier life's trades are not this one's to lose.
    if (held > 0 || life.number > 1) return;
    const before = moved === undefined ? 0 : moved.remainingCount * lossOf(side, moved.price);
    const adds = count * lossOf(side, order.price) - before;
    const key = `${ticker} ${side}`;
    const all = (added.get(key) ?? 0) + Math.max(0, adds);
    added.set(key, all);
    const { risk } = shape.config;
    const text = describeSent(order);
    const inMarket = -account.worth(ticker, side !== BID) + all;
    if (risk.maxMarketRisk !== undefined && adds > 0 && inMarket > risk.maxMarketRisk)
      this.fail('market_risk', `${text}: the market could lose ${inMarket}, the limit is ${risk.maxMarketRisk}`);
    const inEvent = account.lossWhere(ticker, side) + all;
    const most = risk.event?.maxRisk;
    if (most !== undefined && adds > 0 && inEvent > most)
      this.fail('event_risk', `${text}: the event could lose ${inEvent}, the limit is ${most}`);
    const event = account.eventOf(ticker);
    const isUnpaid = event.markets.some((m) => world.exchange.market(m).listing.status !== 'active');
    const left = account.free(event.shard) - Math.max(0, adds);
    if (risk.cashReserve !== undefined && !isUnpaid && adds > 0 && left < risk.cashReserve - CASH_TOLERANCE)
      this.fail('collateral', `${text}: leaves ${left} of cash, the reserve is ${risk.cashReserve}`);
  }

  private firstOf(life: Life): void {
    this.quoted = life;
    for (const order of this.account.resting) {
      if (life.placed(order.clientOrderId) || order.createdTime > life.bornUs - LAG_US) continue;
      const known = life.inside.orders.byClient(order.clientOrderId);
      if (known === undefined || known.life === 'done')
        this.fail('learns_first', `life ${life.number} quotes and does not know ${order.clientOrderId}, which rests`);
    }
  }

  /** What closing orders may have added to the risk of these markets: at most a dollar a contract. */
  passed(tickers: readonly string[]): number {
    return tickers.reduce((sum, t) => sum + (this.closing.get(t) ?? 0) * ONE_DOLLAR, 0);
  }
}
