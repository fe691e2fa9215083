import { ASK, BID, ONE_DOLLAR } from '../units/index.ts';
import type { EventExposure } from './event-exposure.ts';
import type { ShardSums } from './exposure.ts';
import { RecentOrders } from './recent-orders.ts';

/** One market's sums. Pairs are by side: bids, asks. Written by `Exposure` alone. */
export class MarketExposure {
  readonly index: number;
  event: EventExposure;
  /** Place in the event's outcome set that holds it. */
  set = 0;
  member = 0;
  position = 0;
  cash = 0;
  /** Contracts that may still fill or have filled unbooked, what they would lose, and the orders they belong to. */
  readonly open: [number, number] = [0, 0];
  readonly loss: [number, number] = [0, 0];
  readonly live: [number, number] = [0, 0];
  /** Our live prices nearest to the other side, 0 for none; false: to be looked up. */
  readonly best: [number, number] = [0, 0];
  readonly bestKnown: [boolean, boolean] = [true, true];
  /** Orders sent lately. */
  readonly recent: readonly [RecentOrders, RecentOrders] = [new RecentOrders(), new RecentOrders()];
  /** Worth to us where it settles NO, and YES: `W_NO`, `W_YES`. */
  no = 0;
  yes = 0;
  /** Most contracts either way. */
  contracts = 0;
  positionCollateral = 0;
  liquidation = 0;
  private shard: ShardSums;
  private cashChange = 0;
  private held = 0;

  constructor(index: number, event: EventExposure, shard: ShardSums) {
    this.index = index;
    this.event = event;
    this.shard = shard;
  }

  /** What the worse outcome loses: `max(0, -min(W_YES, W_NO))`. */
  get risk(): number {
    return Math.max(0, -Math.min(this.no, this.yes));
  }

  /** The sums below follow from position, cash and orders. */
  recount(): void {
    const { position, cash, open, loss } = this;
    this.no = cash - loss[BID];
    this.yes = cash + position * ONE_DOLLAR - loss[ASK];
    this.contracts = Math.max(0, position + open[BID], open[ASK] - position);
    const held = opening(loss[BID], open[BID], -position) + opening(loss[ASK], open[ASK], position);
    this.shard.held += held - this.held;
    this.held = held;
  }

  setCashChange(value: number): void {
    this.shard.cashChange += value - this.cashChange;
    this.cashChange = value;
  }

  moveTo(shard: ShardSums): void {
    if (shard === this.shard) return;
    for (const [sums, sign] of [[this.shard, -1] as const, [shard, 1] as const]) {
      sums.cashChange += sign * this.cashChange;
      sums.held += sign * this.held;
    }
    this.shard = shard;
  }
}

/** Collateral of the part of a side's orders that goes beyond what closes the position: the exchange reserves only that. */
function opening(loss: number, open: number, closable: number): number {
  if (open === 0 || closable <= 0) return loss;
  return closable >= open ? 0 : Math.ceil((loss * (open - closable)) / open);
}
