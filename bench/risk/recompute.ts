import { keenestPrice, remaining, unbooked } from '../../engine/orders/index.ts';
import { collateralEach, type RiskContext } from '../../engine/risk/index.ts';
import { ASK, BID, ONE_DOLLAR, type Price } from '../../engine/units/index.ts';
import type { BenchDesk } from './desk.ts';

/**
 * The worst case from scratch, in the fewest passes: every order of every market once, then every outcome of the event
 * once, O(markets + orders). Writes into `c` what is summed over orders, for an order that is new.
 */
export function recompute({ ctx, want }: BenchDesk, c: RiskContext): void {
  let allNo = 0;
  let leastGain = 0;
  let leastOther = 0;
  let ownGain = 0;
  let contracts = 0;
  let capital = 0;
  let held = 0;
  for (const { index } of ctx.markets) {
    const { position, cash } = ctx.ledger.account(index);
    let [bids, asks, bidLoss, askLoss, best] = [0, 0, 0, 0, 0];
    for (const o of ctx.orders.on(index, BID)) {
      const filled = unbooked(o);
      const keenest = keenestPrice(o);
      bids += remaining(o) + filled;
      bidLoss += remaining(o) * keenest + filled * collateralEach(BID, o.dearest);
      if (want.side === ASK && keenest > best) best = keenest;
    }
    for (const o of ctx.orders.on(index, ASK)) {
      const filled = unbooked(o);
      const keenest = keenestPrice(o);
      asks += remaining(o) + filled;
      askLoss += remaining(o) * (ONE_DOLLAR - keenest) + filled * collateralEach(ASK, o.dearest);
      if (want.side === BID && (best === 0 || keenest < best)) best = keenest;
    }
    const no = cash - bidLoss;
    const gain = position * ONE_DOLLAR - askLoss + bidLoss;
    const most = Math.max(0, position + bids, asks - position);
    allNo += no;
    contracts += most;
    capital += bidLoss + askLoss;
    held += opening(bidLoss, bids, -position) + opening(askLoss, asks, position);
    if (gain < leastGain) leastGain = gain;
    if (index !== want.market.index) {
      if (gain < leastOther) leastOther = gain;
      continue;
    }
    ownGain = gain;
    c.held = want.side === BID ? position : -position;
    c.sideExposure = want.side === BID ? bids : asks;
    c.resting = bids + asks;
    c.ownOpposite = best as Price;
    c.marketWorst = want.side === BID ? no : no + gain;
    c.othersEvent = -most;
  }
  c.eventWorst = allNo + (want.side === BID ? leastOther : ownGain);
  c.othersEvent += contracts;
  c.othersSeries = c.othersEvent;
  c.othersStrategy = c.othersEvent;
  c.othersTotal = c.othersEvent;
  c.capitalUsed = capital;
  c.available = ctx.cash.get(0)! + ctx.risk.exposure.shard(0).cashChange - held;
}

/** The part of a side's collateral that goes beyond what closes the position. */
function opening(loss: number, open: number, closable: number): number {
  if (open === 0 || closable <= 0) return loss;
  return closable >= open ? 0 : Math.ceil((loss * (open - closable)) / open);
}
