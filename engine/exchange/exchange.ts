import { fillFee, OFF_GRID } from '../market/index.ts';
import { type Count, type Money, money, opposite, type Price, type Side, type TimeUs } from '../units/index.ts';
import { Account, reserved } from './account.ts';
import { admittedCount, checkRequest } from './admission.ts';
import { GROUP_RULES, type GroupRules, type OrderGroup } from './groups.ts';
import { Ladder } from './ladder.ts';
import type { ExchangeListener, ExchangeOptions, Listing, LiveMarket } from './listing.ts';
import { type MatchEvents, match } from './matching.ts';
import {
  type ExchangeFill,
  type ExchangeOrder,
  type ExchangeTrade,
  type OrderRequest,
  type OrderStatus,
  Refusal,
} from './order.ts';

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
  readonly rules: GroupRules;
  private readonly resting = new Map<string, Set<ExchangeOrder>>();
  private readonly options: ExchangeOptions;
  private current: LiveMarket | null = null;

  constructor(options: ExchangeOptions) {
    this.options = options;
    this.rules = options.groupRules ?? GROUP_RULES;
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
    const market = this.tradable(request.ticker);
    const level = market.listing.grid.level(request.price);
    checkRequest(this, userId, request, market, level);
    const time = this.now();
    const order: ExchangeOrder = {
      orderId: this.options.newId(),
      clientOrderId: request.clientOrderId,
      userId,
      ticker: request.ticker,
      side: request.side,
      price: request.price,
      initialCount: admittedCount(this, userId, request),
      fillCount: 0 as Count,
      remainingCount: 0 as Count,
      status: 'resting',
      selfTrade: request.selfTrade,
      cancelOnPause: request.cancelOnPause,
      groupId: request.groupId,
      expirationSeconds: request.expirationSeconds,
      exchangeIndex: market.listing.exchangeIndex,
      createdTime: time,
      updatedTime: time,
      makerFees: 0 as Money,
      takerFees: 0 as Money,
      makerCost: 0 as Money,
      takerCost: 0 as Money,
      feeCarry: { carried: 0 },
      reason: '',
    };
    order.remainingCount = order.initialCount;
    this.requireFunds(userId, market, order);
    if (request.clientOrderId !== '') this.usedClientIds.add(`${userId}/${request.clientOrderId}`);
    this.orders.set(order.orderId, order);
    this.execution(market, order, level, request);
    return order;
  }

  private execution(market: LiveMarket, order: ExchangeOrder, level: number, request: OrderRequest): void {
    this.current = market;
    this.restingSet(order.userId).add(order);
    const result = match(market.ladder, order, level, order.remainingCount, this);
    const rests = request.timeInForce === 'good_till_canceled' && !result.stopped && !this.isTriggered(order.groupId);
    if (order.remainingCount > 0 && rests) {
      market.ladder.append(order.side, level, order.remainingCount, order);
      this.changed(order, '');
    } else if (order.remainingCount > 0) {
      order.remainingCount = 0 as Count;
      this.finish(order, 'canceled', result.stopped ? 'SelfTradeCancel' : '');
    }
    this.checkGroups();
  }

  private requireFunds(userId: string, market: LiveMarket, order: ExchangeOrder): void {
    const shard = market.listing.exchangeIndex;
    const account = this.account(userId);
    if (!account.cash.has(shard))
      throw new Refusal(404, 'user_not_found', 'user not found', 'Exchange Sharding: fund the shard first');
    if (this.reservedOn(userId, shard, order) > account.cashOn(shard)) throw new Refusal(400, 'insufficient_balance');
  }

  /** Cash held back by a user's resting orders on a shard, with one more order counted. */
  reservedOn(userId: string, shard: number, extra: ExchangeOrder | null): Money {
    const byTicker = new Map<string, ExchangeOrder[]>();
    for (const order of this.resting.get(userId) ?? []) {
      if (order.exchangeIndex === shard && order !== extra)
        byTicker.set(order.ticker, [...(byTicker.get(order.ticker) ?? []), order]);
    }
    if (extra !== null) byTicker.set(extra.ticker, [...(byTicker.get(extra.ticker) ?? []), extra]);
    let sum = 0;
    for (const [ticker, orders] of byTicker) sum += reserved(this.account(userId).holding(ticker).position, orders);
    return money(sum);
  }

  /** Cancel a resting order. Returns what was taken off the book. @throws Refusal `not_found` */
  cancel(userId: string, orderId: string, reason = ''): { readonly order: ExchangeOrder; readonly reducedBy: Count } {
    const order = this.orders.get(orderId);
    if (order === undefined || order.userId !== userId || order.status !== 'resting')
      throw new Refusal(404, 'not_found');
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
    order.remainingCount = 0 as Count;
    this.finish(order, 'canceled', reason);
    return left;
  }

  /** Make a resting order smaller; it keeps its place. `to` is what should be left. @throws Refusal */
  decrease(userId: string, orderId: string, to: Count): ExchangeOrder {
    const order = this.restingOrder(userId, orderId);
    if (to < 0 || to > order.remainingCount) throw new Refusal(400, 'invalid_order_size');
    if (to === 0) {
      this.remove(order, 'Decrease');
      return order;
    }
    const { ladder, listing } = this.markets.get(order.ticker)!;
    const level = listing.grid.level(order.price);
    const by = order.remainingCount - to;
    if (by > 0) {
      ladder.reduce(order.side, level, ladder.entryOf(order.side, level, order)!, by);
      order.remainingCount = to;
      order.initialCount = (order.initialCount - by) as Count;
      this.changed(order, 'Decrease');
    }
    return order;
  }

  /** Change price and total count. Keeps its place only when nothing but the count falls. @throws Refusal */
  amend(userId: string, orderId: string, side: Side, price: Price, total: Count): ExchangeOrder {
    const order = this.restingOrder(userId, orderId);
    const market = this.tradable(order.ticker);
    if (side !== order.side) throw new Refusal(400, 'order_side_mismatch');
    const left = (total - order.fillCount) as Count;
    if (left <= 0) throw new Refusal(400, 'invalid_order_size');
    if (price === order.price && left <= order.remainingCount) return this.decrease(userId, orderId, left);
    const level = market.listing.grid.level(price);
    if (level === OFF_GRID) throw new Refusal(400, 'invalid_price');
    const before = { price: order.price, remaining: order.remainingCount, initial: order.initialCount };
    const oldLevel = market.listing.grid.level(order.price);
    order.price = price;
    order.remainingCount = left;
    order.initialCount = total;
    if (this.reservedOn(userId, order.exchangeIndex, order) > this.account(userId).cashOn(order.exchangeIndex)) {
      order.price = before.price;
      order.remainingCount = before.remaining;
      order.initialCount = before.initial;
      throw new Refusal(400, 'insufficient_balance');
    }
    const entry = market.ladder.entryOf(order.side, oldLevel, order)!;
    market.ladder.reduce(order.side, oldLevel, entry, entry.left);
    this.current = market;
    const result = match(market.ladder, order, level, left, this);
    if (order.remainingCount > 0 && !result.stopped) {
      market.ladder.append(order.side, level, order.remainingCount, order);
      this.changed(order, 'Amend');
    } else if (order.remainingCount > 0) {
      order.remainingCount = 0 as Count;
      this.finish(order, 'canceled', 'SelfTradeCancel');
    }
    this.checkGroups();
    return order;
  }

  /** Run `act` on a market's ladder with executions going to this exchange, then see to the order groups. */
  onMarket<T>(ticker: string, act: (market: LiveMarket) => T): T {
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
    const price = market.listing.grid.price(level);
    const tradeId = this.options.newId();
    const time = this.now();
    const { ticker } = market.listing;
    const trade: ExchangeTrade = { tradeId, ticker, price, count, takerSide, time };
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

  private readonly tripped = new Set<OrderGroup>();

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

  /** Expire orders and close markets whose time has come. Call often. */
  tick(): void {
    const time = this.now();
    for (const orders of this.resting.values()) {
      for (const order of [...orders]) {
        if (order.expirationSeconds > 0 && order.expirationSeconds * 1_000_000 <= time)
          this.remove(order, 'ExpiryCancel');
      }
    }
    for (const { listing } of this.markets.values()) {
      if (listing.status !== 'active' || listing.closeTime === 0 || time < listing.closeTime) continue;
      listing.status = 'closed';
      for (const orders of this.resting.values()) {
        for (const order of [...orders]) if (order.ticker === listing.ticker) this.remove(order, 'CloseCancel');
      }
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

  private restingOrder(userId: string, orderId: string): ExchangeOrder {
    const order = this.orders.get(orderId);
    if (order === undefined || order.userId !== userId || order.status !== 'resting')
      throw new Refusal(404, 'not_found');
    return order;
  }

  private tradable(ticker: string): LiveMarket {
    const market = this.markets.get(ticker);
    if (market === undefined) throw new Refusal(404, 'market_not_found');
    const { status } = market.listing;
    if (status === 'active') return market;
    throw new Refusal(400, status === 'closed' ? 'market_already_closed' : 'market_inactive');
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
    this.resting.get(order.userId)?.delete(order);
    this.changed(order, reason);
  }

  private changed(order: ExchangeOrder, reason: string): void {
    order.updatedTime = this.now();
    order.reason = reason;
    for (const l of this.listeners) l.order(order);
  }
}
