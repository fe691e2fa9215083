import {
  ASK,
  BID,
  type Count,
  type Money,
  money,
  NO_MONEY,
  notional,
  ONE_DOLLAR,
  type Price,
  type Side,
  sideSign,
} from '../units/index.ts';

/** A fill as the ledger books it. `tradeId` and `orderId` together name it for ever. */
export interface LedgerFill {
  readonly tradeId: string;
  readonly orderId: string;
  readonly side: Side;
  readonly price: Price;
  readonly count: Count;
  readonly fee: Money;
}

/** The running account of one market since the session began. */
export interface MarketAccount {
  /** Net contracts, negative = NO. */
  position: Count;
  /** Position carried in from before the session. */
  openingPosition: Count;
  /** Cash that fills moved: -price x count for a buy of YES, + for a sale. Fees not included. */
  cash: Money;
  fees: Money;
  /** What the open position cost at average cost, opening position included at its opening mark; negative = short. */
  cost: Money;
  bought: Count;
  sold: Count;
  fills: number;
  /** Price the opening position is valued at, so that P&L starts at zero. Set at the first mark. */
  openingMark: Price;
  openingMarked: boolean;
  /** What a YES contract was worth in the end, null before; and the contracts that were paid at it. */
  settledAt: Price | null;
  settledCount: Count;
}

/** Accounts of several markets added up. Contracts of different markets do not net: both sides are told. */
export interface LedgerTotals {
  readonly long: Count;
  readonly short: Count;
  readonly cash: Money;
  readonly fees: Money;
  readonly realized: Money;
  readonly cashChange: Money;
}

const NOTHING: LedgerTotals = {
  long: 0 as Count,
  short: 0 as Count,
  cash: NO_MONEY,
  fees: NO_MONEY,
  realized: NO_MONEY,
  cashChange: NO_MONEY,
};

/**
 * How many later fills a fill is recognised for at least. A read that could bring it again reaches back minutes, so
 * this is days more than needed, and a session of months stays small.
 */
const REMEMBERED_FILLS = 100_000;

/**
 * Positions, cash and fees by exact integer arithmetic. A fill is booked once however often and from wherever it is
 * heard of.
 */
export class Ledger {
  private readonly accounts: MarketAccount[] = [];
  private seen = new Set<string>();
  private seenBefore = new Set<string>();
  private readonly watch: ((market: number) => void) | null;

  /** @param watch hears of every market whose position or cash has changed */
  constructor(watch: ((market: number) => void) | null = null) {
    this.watch = watch;
  }

  /** Fills remembered so that they are not booked again. */
  get remembered(): number {
    return this.seen.size + this.seenBefore.size;
  }

  /** The account of a market. */
  account(market: number): MarketAccount {
    for (let n = this.accounts.length; n <= market; n++) {
      this.accounts.push({
        position: 0 as Count,
        openingPosition: 0 as Count,
        cash: NO_MONEY,
        fees: NO_MONEY,
        cost: NO_MONEY,
        bought: 0 as Count,
        sold: 0 as Count,
        fills: 0,
        openingMark: 0 as Price,
        openingMarked: false,
        settledAt: null,
        settledCount: 0 as Count,
      });
    }
    return this.accounts[market]!;
  }

  /** Net contracts held in a market, negative = NO. */
  position(market: number): Count {
    return this.account(market).position;
  }

  /** Take over a position held before the session. Only before the market's first fill. It is yet to be marked. */
  open(market: number, position: Count): void {
    const account = this.account(market);
    account.position = (account.position - account.openingPosition + position) as Count;
    account.cost = money(account.cost - account.openingPosition * account.openingMark);
    account.openingPosition = position;
    account.openingMark = 0 as Price;
    account.openingMarked = false;
    this.watch?.(market);
  }

  /** Remember fills from before the session, so that a backfill does not book them. */
  ignore(fill: { readonly tradeId: string; readonly orderId: string }): void {
    this.isNew(keyOf(fill));
  }

  /** Book a fill. False when it was booked before. */
  book(market: number, fill: LedgerFill): boolean {
    if (!this.isNew(keyOf(fill))) return false;
    const account = this.account(market);
    const sign = sideSign(fill.side);
    account.cost = money(account.cost + costOf(account, sign * fill.count, fill.price));
    account.position = (account.position + sign * fill.count) as Count;
    account.cash = money(account.cash - sign * notional(fill.price, fill.count));
    account.fees = money(account.fees + fill.fee);
    if (fill.side === BID) account.bought = (account.bought + fill.count) as Count;
    else account.sold = (account.sold + fill.count) as Count;
    account.fills++;
    // Told after the end: it was settled with the rest.
    if (account.settledAt !== null) this.payOut(account, account.settledAt);
    this.watch?.(market);
    return true;
  }

  /** True the first time a key is shown. */
  private isNew(key: string): boolean {
    if (this.seen.has(key) || this.seenBefore.has(key)) return false;
    this.seen.add(key);
    if (this.seen.size >= REMEMBERED_FILLS) {
      this.seenBefore = this.seen;
      this.seen = new Set();
    }
    return true;
  }

  /** The market settled: each YES contract pays `value`, and the position becomes cash. A later value corrects it. */
  settle(market: number, value: Price): void {
    const account = this.account(market);
    if (account.settledAt !== null && account.settledAt !== value)
      account.cash = money(account.cash + (value - account.settledAt) * account.settledCount);
    account.settledAt = value;
    this.payOut(account, value);
    this.watch?.(market);
  }

  private payOut(account: MarketAccount, value: Price): void {
    account.cash = money(account.cash + value * account.position);
    account.settledCount = (account.settledCount + account.position) as Count;
    account.position = 0 as Count;
    account.cost = NO_MONEY;
  }

  /**
   * First sight of a market's mark: what the opening position is worth from here on. A book without the side it could be
   * left at (`bid` for a long one, `ask` for a short one; 0 = empty) says nothing. False: nothing has changed.
   */
  markOpening(market: number, bid: Price, ask: Price): boolean {
    const account = this.account(market);
    const isSilent = account.openingPosition > 0 ? bid === 0 : account.openingPosition < 0 && ask === 0;
    if (account.openingMarked || isSilent) return false;
    account.openingMark = conservativeMark(account.openingPosition, bid, ask);
    account.openingMarked = true;
    // What was closed before there was a mark is not held any more.
    const { position, openingPosition } = account;
    const held =
      Math.sign(position) === Math.sign(openingPosition) ? Math.min(Math.abs(position), Math.abs(openingPosition)) : 0;
    account.cost = money(account.cost + Math.sign(openingPosition) * held * account.openingMark);
    this.watch?.(market);
    return true;
  }

  /** What closing and settling brought beyond the average cost of what was closed, before fees. */
  realized(market: number): Money {
    const account = this.account(market);
    return money(account.cash + account.cost - account.openingPosition * account.openingMark);
  }

  /**
   * What the session changed of the cash on the market's shard: fills, fees and settlement, each contract of a short
   * position backed by the dollar it may cost (API section 6.2).
   */
  cashChange(market: number): Money {
    const { cash, fees, position, openingPosition } = this.account(market);
    const backing = Math.max(0, -position) - Math.max(0, -openingPosition);
    return money(cash - fees - backing * ONE_DOLLAR);
  }

  /** Accounts added up by whatever names them: an event, a shard. Markets without a key are left out. */
  totals<K>(keyOf: (market: number) => K | undefined): Map<K, LedgerTotals> {
    const sums = new Map<K, LedgerTotals>();
    for (const [market, account] of this.accounts.entries()) {
      const key = keyOf(market);
      if (key === undefined) continue;
      const sum = sums.get(key) ?? NOTHING;
      sums.set(key, {
        long: (sum.long + Math.max(0, account.position)) as Count,
        short: (sum.short + Math.max(0, -account.position)) as Count,
        cash: money(sum.cash + account.cash),
        fees: money(sum.fees + account.fees),
        realized: money(sum.realized + this.realized(market)),
        cashChange: money(sum.cashChange + this.cashChange(market)),
      });
    }
    return sums;
  }

  /**
   * P&L since the session began, after fees, marked conservatively against this book top (0 = empty side). An opening
   * position without a mark of its own is neither gain nor loss.
   */
  profit(market: number, bid: Price, ask: Price): Money {
    const account = this.account(market);
    const mark = conservativeMark(account.position, bid, ask);
    const opening = account.openingPosition * (account.openingMarked ? account.openingMark : mark);
    return money(account.cash + account.position * mark - opening - account.fees);
  }
}

/**
 * What a position could be left at: long YES at the bid, short YES at the ask. Without a bid a long position is worth
 * nothing, without an ask a short one costs a full dollar. `bid` and `ask` are 0 where the side is empty.
 */
export function conservativeMark(position: Count, bid: Price, ask: Price): Price {
  if (position >= 0) return bid;
  return ask === 0 ? ONE_DOLLAR : ask;
}

/** By how much a fill of `signed` contracts changes the cost of a position at average cost. */
function costOf(account: MarketAccount, signed: number, price: Price): number {
  const { position, cost } = account;
  const closes = position !== 0 && Math.sign(signed) !== Math.sign(position);
  if (!closes) return signed * price;
  const closed = Math.min(Math.abs(signed), Math.abs(position));
  // A part's share is rounded down; what is left over stays with the rest and goes with its last contract.
  const share = Number((BigInt(cost) * BigInt(closed)) / BigInt(Math.abs(position)));
  const opened = Math.abs(signed) - closed;
  return -share + Math.sign(signed) * opened * price;
}

function keyOf(fill: { readonly tradeId: string; readonly orderId: string }): string {
  return `${fill.tradeId}/${fill.orderId}`;
}

/** The side that reduces a position: sells a long, buys back a short. */
export function reducingSide(position: Count): Side {
  return position > 0 ? ASK : BID;
}
