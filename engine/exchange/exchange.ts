import { fillFee } from '../market/index.ts';
import { type Count, type Money, money, opposite, type Price, type Side, type TimeUs } from '../units/index.ts';
import { Account } from './account.ts';
import { admittedCount, checkRequest, clientKey } from './admission.ts';
import { type Amendment, amendOrder } from './amendment.ts';
import { requireFunds, reservedOn } from './funds.ts';
import type { OrderGroup } from './groups.ts';
import { Ladder } from './ladder.ts';
import type { ExchangeListener, ExchangeOptions, Listing, LiveMarket } from './listing.ts';
import { type MatchEvents, match } from './matching.ts';
import {
  type ExchangeFill,
  type ExchangeOrder,
  type ExchangeTrade,
  newOrder,
  type OrderRequest,
  type OrderStatus,
  Refusal,
} from './order.ts';
import { EXCHANGE_RULES, type ExchangeRules } from './rules.ts';

/** How many public trades a market keeps for `GET /markets/trades`. */
const KEEP_TRADES = 1000;

/** The exchange itself: markets, accounts, orders, groups. No protocol, no sockets; time and ids are handed in. */
export class Exchange implements MatchEvents {
  readonly markets = new Map<string, LiveMarket>();
  readonly accounts = new Map<string, Account>();
  readonly orders = new Map<string, ExchangeOrder>();
  readonly fills: ExchangeFill[] = [];
  readonly groups = new Map<string, OrderGroup>();
  /** Client order ids never free up. */
  readonly usedClientIds = new Set<string>();
  readonly listeners: ExchangeListener[] = [];
  readonly rules: ExchangeRules;
  private readonly resting = new Map<string, Set<ExchangeOrder>>();
  private readonly options: ExchangeOptions;
  private current: LiveMarket | null = null;
  private readonly tripped = new Set<OrderGroup>();
  /** No order expires and no market closes before this. */
  private dueAt = 0;

  constructor(options: ExchangeOptions) {
    this.options = options;
    this.rules = { ...EXCHANGE_RULES, ...options.rules };
  }

  now(): TimeUs {
    return this.options.now();
  }

  /** List a market. */
  list(listing: Listing): LiveMarket {
    const { ticker, grid } = listing;
    const ladder = new Ladder(grid, (side, level, delta, order) => {
      for (const l of this.listeners) l.delta(ticker, side, grid.price(level), delta as Count, order);
    });
    const market: LiveMarket = { listing, ladder, trades: [], volume: 0 as Count, lastPrice: 0 as Price };
    this.markets.set(ticker, market);
    this.dueAt = 0;
    return market;
  }

  /** The account of a user, made on first use. */
  account(userId: string): Account {
    let account = this.accounts.get(userId);
    if (account === undefined) {
      account = new Account(userId);
      this.accounts.set(userId, account);
    }
    return account;
  }

  /** Orders of a user that rest. */
  restingOf(userId: string): ExchangeOrder[] {
    return [...(this.resting.get(userId) ?? [])];
  }

  /** Place an order. @throws Refusal */
  create(userId: string, request: OrderRequest): ExchangeOrder {
    try {
      return this.accept(userId, request);
    } catch (error) {
      if (this.rules.refusedUsesClientId) this.useClientId(userId, request.clientOrderId);
      throw error;
    }
  }

  private accept(userId: string, request: OrderRequest): ExchangeOrder {
    const market = this.tradable(request.ticker);
    const level = market.listing.grid.level(request.price);
    checkRequest(this, userId, request, market, level);
    const initialCount = admittedCount(this, userId, request);
    const order = newOrder(this.options.newId(), userId, request, initialCount, market.listing, this.now());
    requireFunds(this, market, order);
    this.useClientId(userId, request.clientOrderId);
    this.orders.set(order.orderId, order);
    this.restingSet(userId).add(order);
    if (order.expirationSeconds > 0) this.dueAt = Math.min(this.dueAt, order.expirationSeconds * 1_000_000);
    if (initialCount === 0) this.finish(order, 'canceled', 'ReduceOnlyCancel');
    else if (request.postOnly && market.ladder.crosses(order.side, level))
      this.finish(order, 'canceled', 'PostOnlyCrossCancel');
    else this.enter(market, order, level, { rests: request.timeInForce === 'good_till_canceled', reason: '' });
    return order;
  }

  private useClientId(userId: string, clientOrderId: string): void {
    if (clientOrderId !== '') this.usedClientIds.add(clientKey(userId, clientOrderId));
  }

  /** An order that is not in the book meets it; what is left rests, or is cancelled. */
  enter(
    market: LiveMarket,
    order: ExchangeOrder,
    level: number,
    how: { readonly rests: boolean; readonly reason: string },
  ): void {
    this.current = market;
    const { stopped } = match(market.ladder, order, level, order.remainingCount, this);
    if (order.remainingCount > 0 && how.rests && !stopped && !this.isTriggered(order.groupId)) {
      market.ladder.append(order.side, level, order.remainingCount, order);
      this.changed(order, how.reason);
    } else if (order.remainingCount > 0) this.finish(order, 'canceled', stopped ? 'SelfTradeCancel' : '');
    this.checkGroups();
  }

  /** Cash held back by a user's resting orders on a shard, with one more order counted. */
  reservedOn(userId: string, shard: number, extra: ExchangeOrder | null): Money {
    return reservedOn(this, userId, shard, extra);
  }

  /**
   * Cancel a resting order. Returns what was taken off the book. `market_inactive` where its market does not trade.
   * @throws Refusal
   */
  cancel(userId: string, orderId: string, reason = ''): { readonly order: ExchangeOrder; readonly reducedBy: Count } {
    const order = this.changeable(userId, orderId);
    const reducedBy = this.remove(order, reason);
    return { order, reducedBy };
  }

  /** Take a resting order off the book, whoever wants it gone. */
  remove(order: ExchangeOrder, reason: string): Count {
    const { ladder, listing } = this.markets.get(order.ticker)!;
    const level = listing.grid.level(order.price);
    const entry = ladder.entryOf(order.side, level, order);
    const left = order.remainingCount;
    if (entry !== undefined) ladder.reduce(order.side, level, entry, entry.left);
    this.finish(order, 'canceled', reason);
    return left;
  }

  /** Make a resting order smaller; it keeps its place. `to` is what should be left. @throws Refusal */
  decrease(userId: string, orderId: string, to: Count): ExchangeOrder {
    const order = this.changeable(userId, orderId);
    if (to < 0 || to > order.remainingCount) throw new Refusal(400, 'invalid_order_size');
    if (to === 0) this.remove(order, 'Decrease');
    else this.shrink(this.markets.get(order.ticker)!, order, to, 'Decrease');
    return order;
  }

  /** Leave `to` of a resting order, at its place; not more than there is. */
  shrink(market: LiveMarket, order: ExchangeOrder, to: Count, reason: string): void {
    const by = order.remainingCount - to;
    if (by <= 0) return;
    const level = market.listing.grid.level(order.price);
    const entry = market.ladder.entryOf(order.side, level, order)!;
    order.remainingCount = to;
    order.initialCount = (order.initialCount - by) as Count;
    market.ladder.reduce(order.side, level, entry, by);
    this.changed(order, reason);
  }

  /** Change a resting order's price, total count or client id. @throws Refusal */
  amend(userId: string, orderId: string, to: Amendment): ExchangeOrder {
    const order = this.changeable(userId, orderId);
    amendOrder(this, this.tradable(order.ticker), order, to);
    return order;
  }

  /** Run `act` on a market's ladder with executions going to this exchange, then see to the order groups. */
  onMarket<T>(ticker: string, act: (market: LiveMarket) => T): T {
    this.settleDue();
    const market = this.markets.get(ticker)!;
    this.current = market;
    const result = act(market);
    this.checkGroups();
    return result;
  }

  execute(
    maker: ExchangeOrder | null,
    taker: ExchangeOrder | null,
    takerSide: Side,
    level: number,
    count: Count,
  ): void {
    const market = this.current!;
    this.print(market, maker, taker, takerSide, market.listing.grid.price(level), count, false);
  }

  /** Book an execution, of the book or (`isBlock`) past it. */
  print(
    market: LiveMarket,
    maker: ExchangeOrder | null,
    taker: ExchangeOrder | null,
    takerSide: Side,
    price: Price,
    count: Count,
    isBlock: boolean,
  ): void {
    const tradeId = this.options.newId();
    const time = this.now();
    const { ticker } = market.listing;
    const trade: ExchangeTrade = { tradeId, ticker, price, count, takerSide, time, isBlock };
    market.trades.push(trade);
    if (market.trades.length > KEEP_TRADES) market.trades.shift();
    market.volume = (market.volume + count) as Count;
    market.lastPrice = price;
    for (const l of this.listeners) l.trade(trade);
    if (maker !== null) this.fillOrder(market, maker, opposite(takerSide), price, count, false, tradeId, time);
    if (taker !== null) this.fillOrder(market, taker, takerSide, price, count, true, tradeId, time);
  }

  selfTradeCancel(maker: ExchangeOrder): void {
    this.remove(maker, 'SelfTradeCancel');
  }

  private fillOrder(
    market: LiveMarket,
    order: ExchangeOrder,
    side: Side,
    price: Price,
    count: Count,
    isTaker: boolean,
    tradeId: string,
    time: TimeUs,
  ): void {
    const { ticker, exchangeIndex, fees } = market.listing;
    const fee = fillFee(fees, side, price, count, isTaker, order.feeCarry);
    order.fillCount = (order.fillCount + count) as Count;
    order.remainingCount = (order.remainingCount - count) as Count;
    const cost = price * count;
    if (isTaker) {
      order.takerFees = money(order.takerFees + fee);
      order.takerCost = money(order.takerCost + cost);
    } else {
      order.makerFees = money(order.makerFees + fee);
      order.makerCost = money(order.makerCost + cost);
    }
    const account = this.account(order.userId);
    account.trade(ticker, exchangeIndex, side, price, count, fee);
    const { orderId, clientOrderId, userId } = order;
    const { position } = account.holding(ticker);
    const names = { tradeId, orderId, clientOrderId, userId, ticker, exchangeIndex };
    const fill: ExchangeFill = { ...names, side, price, count, fee, isTaker, position, time };
    this.fills.push(fill);
    for (const l of this.listeners) l.fill(fill);
    if (order.remainingCount === 0) this.finish(order, 'executed', 'Trade');
    else this.changed(order, 'Trade');
    for (const l of this.listeners) l.position(order.userId, ticker);
    const group = this.groups.get(order.groupId);
    if (group?.filled(count, isTaker, this.rules, time)) this.tripped.add(group);
  }

  /** Groups trigger once the matching step is through: fills are not cut off in the middle of one. */
  private checkGroups(): void {
    for (const group of this.tripped) {
      this.tripped.delete(group);
      this.trigger(group);
    }
  }

  /** Latch a group and cancel what it has resting. */
  trigger(group: OrderGroup): void {
    if (!group.triggered) {
      group.triggered = true;
      for (const l of this.listeners) l.group(group, 'triggered');
    }
    this.cancelGroup(group.groupId);
  }

  /** Cancel all resting orders of a group. */
  cancelGroup(groupId: string): void {
    for (const orders of this.resting.values()) {
      for (const order of [...orders]) if (order.groupId === groupId) this.remove(order, '');
    }
  }

  /** Expire orders and close markets whose time has come. Call often: nothing else makes time pass on a quiet day. */
  tick(): void {
    this.settleDue();
  }

  /** No order may trade, and no market take one, after its time: called before anything that could. */
  private settleDue(): void {
    const time = this.now();
    if (time < this.dueAt) return;
    let next = Number.POSITIVE_INFINITY;
    for (const orders of this.resting.values()) {
      for (const order of [...orders]) {
        const expiry = order.expirationSeconds * 1_000_000;
        if (expiry > 0 && expiry <= time) this.remove(order, 'ExpiryCancel');
        else if (expiry > 0) next = Math.min(next, expiry);
      }
    }
    for (const { listing } of this.markets.values()) {
      if (listing.status !== 'active' || listing.closeTime === 0) continue;
      if (time < listing.closeTime) next = Math.min(next, listing.closeTime);
      else this.closeMarket(listing);
    }
    this.dueAt = next;
  }

  private closeMarket(listing: Listing): void {
    listing.status = 'closed';
    for (const orders of this.resting.values()) {
      for (const order of [...orders]) if (order.ticker === listing.ticker) this.remove(order, 'CloseCancel');
    }
  }

  /** Register a group from a request or from stored state. */
  addGroup(group: OrderGroup): void {
    this.groups.set(group.groupId, group);
  }

  private isTriggered(groupId: string): boolean {
    const group = this.groups.get(groupId);
    return group !== undefined && (group.triggered || this.tripped.has(group));
  }

  /** A user's order that rests in a market that trades. @throws Refusal */
  private changeable(userId: string, orderId: string): ExchangeOrder {
    this.settleDue();
    const order = this.orders.get(orderId);
    if (order === undefined || order.userId !== userId) throw new Refusal(404, 'not_found');
    const market = this.markets.get(order.ticker);
    // After the close every operation is refused alike, whatever became of the order.
    if (market !== undefined && market.listing.status !== 'active') throw new Refusal(400, 'market_inactive');
    if (order.status !== 'resting') throw new Refusal(404, 'not_found');
    return order;
  }

  private tradable(ticker: string): LiveMarket {
    this.settleDue();
    const market = this.markets.get(ticker);
    if (market === undefined) throw new Refusal(404, 'market_not_found');
    if (market.listing.status !== 'active') throw new Refusal(400, 'market_inactive');
    return market;
  }

  private restingSet(userId: string): Set<ExchangeOrder> {
    let set = this.resting.get(userId);
    if (set === undefined) {
      set = new Set();
      this.resting.set(userId, set);
    }
    return set;
  }

  private finish(order: ExchangeOrder, status: OrderStatus, reason: string): void {
    order.status = status;
    order.remainingCount = 0 as Count;
    this.resting.get(order.userId)?.delete(order);
    this.changed(order, reason);
  }

  private changed(order: ExchangeOrder, reason: string): void {
    order.updatedTime = this.now();
    order.reason = reason;
    for (const l of this.listeners) l.order(order);
  }
}
