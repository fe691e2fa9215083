import type { Count, Money, Price, Side, TimeUs } from '../units/index.ts';
import { Account, accountKey } from './account.ts';
import { admittedCount, checkRequest, clientKey } from './admission.ts';
import { type Amendment, amendOrder } from './amendment.ts';
import { CancelAll } from './cancel-all.ts';
import { executeTrade } from './execution.ts';
import { FeeBook } from './fee-book.ts';
import { requireFunds, reservedOn } from './funds.ts';
import { GroupDesk } from './group-desk.ts';
import type { OrderGroup } from './groups.ts';
import { Ladder } from './ladder.ts';
import { Lifecycle, LifecycleError } from './lifecycle.ts';
import type { LifecycleEvent } from './lifecycle-event.ts';
import type { ExchangeListener, ExchangeOptions, Listing, LiveMarket } from './listing.ts';
import { type MatchEvents, match } from './matching.ts';
import {
  type ExchangeFill,
  type ExchangeOrder,
  newOrder,
  type OrderRequest,
  type OrderStatus,
  Refusal,
} from './order.ts';
import { Pauses } from './pauses.ts';
import { changeable, tradable } from './permission.ts';
import type { Entry } from './record.ts';
import { EXCHANGE_RULES, type ExchangeRules } from './rules.ts';
import type { Settlement } from './settlement.ts';
import { Transfers } from './transfers.ts';

/** The exchange itself: markets, accounts, orders, groups. No protocol, no sockets; time and ids are handed in. */
export class Exchange implements MatchEvents {
  readonly markets = new Map<string, LiveMarket>();
  /** By `accountKey`. */
  readonly accounts = new Map<string, Account>();
  readonly orders = new Map<string, ExchangeOrder>();
  readonly fills: ExchangeFill[] = [];
  readonly settlements: Settlement[] = [];
  readonly groups = new Map<string, OrderGroup>();
  /** Client order ids never free up. */
  readonly usedClientIds = new Set<string>();
  readonly listeners: ExchangeListener[] = [];
  readonly rules: ExchangeRules;
  readonly lifecycle = new Lifecycle(this);
  readonly pauses = new Pauses(this);
  readonly fees = new FeeBook(this);
  readonly desk = new GroupDesk(this);
  readonly transfers: Transfers;
  private readonly everything = new CancelAll(this);
  private readonly resting = new Map<string, Set<ExchangeOrder>>();
  private readonly options: ExchangeOptions;
  private current: LiveMarket | null = null;
  /** Nothing is due before this. */
  private dueAt = 0;
  private settling = false;

  constructor(options: ExchangeOptions) {
    this.options = options;
    this.rules = { ...EXCHANGE_RULES, ...options.rules };
    this.transfers = new Transfers(this, options.newId);
  }

  /** Balance precision of every account, micro-dollars; 0: as the markets' schedules say. */
  get precision(): number {
    return this.options.precision ?? 0;
  }

  now(): TimeUs {
    return this.options.now();
  }

  newId(): string {
    return this.options.newId();
  }

  /** List a market. */
  list(listing: Listing): LiveMarket {
    const { ticker, eventTicker } = listing;
    const newEvent = ![...this.markets.values()].some((m) => m.listing.eventTicker === eventTicker);
    const ladder = new Ladder(listing.grid, (side, level, delta, order) => {
      for (const l of this.listeners) l.delta(ticker, side, listing.grid.price(level), delta as Count, order);
    });
    const market: LiveMarket = { listing, ladder, trades: [], volume: 0 as Count, lastPrice: 0 as Price };
    this.markets.set(ticker, market);
    this.fees.list(listing);
    this.dueAt = 0;
    this.record({ what: 'market', market });
    this.lifecycle.created(market, newEvent);
    return market;
  }

  /** A listed market. @throws LifecycleError */
  market(ticker: string): LiveMarket {
    const market = this.markets.get(ticker);
    if (market === undefined) throw new LifecycleError(`there is no market ${ticker}`);
    return market;
  }

  /** Every shard that markets trade on or money lies on, ascending. */
  shards(): readonly number[] {
    const shards = new Set([...this.markets.values()].map((m) => m.listing.exchangeIndex));
    for (const account of this.accounts.values()) for (const shard of account.cash.keys()) shards.add(shard);
    return [...shards].sort((a, b) => a - b);
  }

  /** The account of a user's subaccount, made on first use. */
  account(userId: string, subaccount = 0): Account {
    let account = this.accountOrNone(userId, subaccount);
    if (account === undefined) {
      account = new Account(userId, subaccount);
      account.precision = this.precision;
      this.accounts.set(accountKey(userId, subaccount), account);
    }
    return account;
  }

  accountOrNone(userId: string, subaccount: number): Account | undefined {
    return this.accounts.get(accountKey(userId, subaccount));
  }

  /** All accounts of a user, by subaccount. */
  accountsOf(userId: string): Account[] {
    const mine = [...this.accounts.values()].filter((a) => a.userId === userId);
    return mine.sort((a, b) => a.subaccount - b.subaccount);
  }

  /** Orders of a user that rest, in one subaccount or (null) in all. */
  restingOf(userId: string, subaccount: number | null = null): ExchangeOrder[] {
    const all = [...(this.resting.get(userId) ?? [])];
    return subaccount === null ? all : all.filter((o) => o.subaccount === subaccount);
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
    const market = tradable(this, request.ticker);
    const level = market.listing.grid.level(request.price);
    checkRequest(this, userId, request, market, level);
    const initialCount = admittedCount(this, userId, request);
    const order = newOrder(this.newId(), userId, request, initialCount, market.listing, this.now());
    requireFunds(this, market, order);
    this.useClientId(userId, request.clientOrderId);
    this.orders.set(order.orderId, order);
    this.restingSet(userId).add(order);
    if (order.expirationSeconds > 0) this.wake(order.expirationSeconds * 1_000_000);
    if (initialCount === 0) this.finish(order, 'canceled', 'ReduceOnlyCancel');
    else if (request.postOnly && market.ladder.crosses(order.side, level))
      this.finish(order, 'canceled', 'PostOnlyCrossCancel');
    else this.enter(market, order, level, { rests: request.timeInForce === 'good_till_canceled', reason: '' });
    if (order.status === 'resting') this.everything.rested(order);
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
    if (order.remainingCount > 0 && how.rests && !stopped && !this.desk.isTriggered(order.groupId)) {
      market.ladder.append(order.side, level, order.remainingCount, order);
      this.changed(order, how.reason);
    } else if (order.remainingCount > 0) this.finish(order, 'canceled', stopped ? 'SelfTradeCancel' : '');
    this.desk.check();
  }

  /** Cash held back by a subaccount's resting orders on a shard, with one more order counted. */
  reservedOn(userId: string, shard: number, extra: ExchangeOrder | null, subaccount = 0): Money {
    return reservedOn(this, this.account(userId, subaccount), shard, extra);
  }

  /**
   * Cancel a resting order. Returns what was taken off the book. `market_inactive` where its market does not trade.
   * @throws Refusal
   */
  cancel(userId: string, orderId: string, reason = ''): { readonly order: ExchangeOrder; readonly reducedBy: Count } {
    const order = changeable(this, userId, orderId, 'cancel');
    const reducedBy = this.remove(order, reason);
    return { order, reducedBy };
  }

  /** Cancel all resting orders of a user's subaccount, or (null) of all of them. @throws Refusal */
  cancelAll(userId: string, subaccount: number | null): void {
    this.everything.run(userId, subaccount);
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

  /** Take all resting orders off the book that `which` names. */
  removeWhere(which: (order: ExchangeOrder) => boolean, reason: string): void {
    for (const orders of this.resting.values())
      for (const order of [...orders]) if (which(order)) this.remove(order, reason);
  }

  /** Make a resting order smaller; it keeps its place. `to` is what should be left. @throws Refusal */
  decrease(userId: string, orderId: string, to: Count): ExchangeOrder {
    const order = changeable(this, userId, orderId, 'decrease');
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
    const order = changeable(this, userId, orderId, 'amend');
    amendOrder(this, tradable(this, order.ticker), order, to);
    return order;
  }

  /** True while a market that is open stands still: deactivated, or its shard paused. Its orders trade with nobody. */
  halted(ticker: string): boolean {
    const { status, exchangeIndex } = this.market(ticker).listing;
    return status === 'inactive' || (status === 'active' && !this.pauses.status(exchangeIndex).tradingActive);
  }

  /** True while a market takes orders. */
  trades(ticker: string): boolean {
    this.settleDue();
    return this.market(ticker).listing.status === 'active' && !this.halted(ticker);
  }

  /**
   * Run `act` on a market's ladder with executions going to this exchange, then see to the order groups. Not run, and
   * undefined, while the market is halted.
   */
  onMarket<T>(ticker: string, act: (market: LiveMarket) => T): T | undefined {
    this.settleDue();
    if (this.halted(ticker)) return undefined;
    const market = this.markets.get(ticker)!;
    this.current = market;
    const result = act(market);
    this.desk.check();
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
    executeTrade(this, market, maker, taker, takerSide, market.listing.grid.price(level), count);
  }

  selfTradeCancel(maker: ExchangeOrder): void {
    this.remove(maker, 'SelfTradeCancel');
  }

  /** Let happen what is due. Call often: nothing else makes time pass on a quiet day. */
  tick(): void {
    this.settleDue();
  }

  /** Something is due at `at`, microseconds. */
  wake(at: number): void {
    this.dueAt = Math.min(this.dueAt, at);
  }

  /** No order may trade, and no market take one, after its time: called before anything that could. */
  private settleDue(): void {
    const time = this.now();
    if (time < this.dueAt || this.settling) return;
    this.settling = true;
    this.dueAt = Number.POSITIVE_INFINITY;
    try {
      this.wake(this.expire(time));
      this.wake(this.fees.runDue(time));
      this.wake(this.pauses.runDue(time));
      this.wake(this.lifecycle.runDue(time));
      this.wake(this.transfers.runDue(time));
      this.everything.runDue(time);
    } finally {
      this.settling = false;
    }
  }

  private expire(time: TimeUs): number {
    let next = Number.POSITIVE_INFINITY;
    for (const orders of this.resting.values()) {
      for (const order of [...orders]) {
        const expiry = order.expirationSeconds * 1_000_000;
        if (expiry > 0 && expiry <= time) this.remove(order, 'ExpiryCancel');
        else if (expiry > 0) next = Math.min(next, expiry);
      }
    }
    return next;
  }

  /** Register a group from stored state. */
  addGroup(group: OrderGroup): void {
    this.groups.set(group.groupId, group);
  }

  /** Tell the lifecycle channel. */
  announce(event: LifecycleEvent): void {
    for (const l of this.listeners) l.lifecycle?.(event);
  }

  /** Tell whoever keeps state that something changed. */
  record(entry: Entry): void {
    for (const l of this.listeners) l.record?.(entry);
  }

  private restingSet(userId: string): Set<ExchangeOrder> {
    let set = this.resting.get(userId);
    if (set === undefined) {
      set = new Set();
      this.resting.set(userId, set);
    }
    return set;
  }

  /** An order ends. */
  finish(order: ExchangeOrder, status: OrderStatus, reason: string): void {
    order.status = status;
    order.remainingCount = 0 as Count;
    this.resting.get(order.userId)?.delete(order);
    this.changed(order, reason);
  }

  /** An order is not what it was. */
  changed(order: ExchangeOrder, reason: string): void {
    order.updatedTime = this.now();
    order.reason = reason;
    for (const l of this.listeners) l.order(order);
  }
}
