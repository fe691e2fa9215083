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
  bought: Count;
  sold: Count;
  fills: number;
  /** Price the opening position is valued at, so that P&L starts at zero. Set at the first mark. */
  openingMark: Price;
  openingMarked: boolean;
}

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
        bought: 0 as Count,
        sold: 0 as Count,
        fills: 0,
        openingMark: 0 as Price,
        openingMarked: false,
      });
    }
    return this.accounts[market]!;
  }

  /** Net contracts held in a market, negative = NO. */
  position(market: number): Count {
    return this.account(market).position;
  }

  /** Take over a position held before the session. Only before the market's first fill. */
  open(market: number, position: Count): void {
    const account = this.account(market);
    account.position = (account.position - account.openingPosition + position) as Count;
    account.openingPosition = position;
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
    account.position = (account.position + sign * fill.count) as Count;
    account.cash = money(account.cash - sign * notional(fill.price, fill.count));
    account.fees = money(account.fees + fill.fee);
    if (fill.side === BID) account.bought = (account.bought + fill.count) as Count;
    else account.sold = (account.sold + fill.count) as Count;
    account.fills++;
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

  /** The market settled: each YES contract pays `value`. The position becomes cash. */
  settle(market: number, value: Price): void {
    const account = this.account(market);
    account.cash = money(account.cash + value * account.position);
    account.position = 0 as Count;
  }

  /** First sight of a market's mark: what the opening position is worth from here on. */
  markOpening(market: number, bid: Price, ask: Price): void {
    const account = this.account(market);
    if (account.openingMarked) return;
    account.openingMark = conservativeMark(account.openingPosition, bid, ask);
    account.openingMarked = true;
  }

  /** P&L since the session began, after fees, marked conservatively against this book top (0 = empty side). */
  profit(market: number, bid: Price, ask: Price): Money {
    const account = this.account(market);
    const mark = conservativeMark(account.position, bid, ask);
    const opening = account.openingPosition * account.openingMark;
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

function keyOf(fill: { readonly tradeId: string; readonly orderId: string }): string {
  return `${fill.tradeId}/${fill.orderId}`;
}

/** The side that reduces a position: sells a long, buys back a short. */
export function reducingSide(position: Count): Side {
  return position > 0 ? ASK : BID;
}
