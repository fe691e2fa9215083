import { type Money, money, ONE_DOLLAR } from '../units/index.ts';
import type { Account } from './account.ts';
import type { Exchange } from './exchange.ts';
import type { LiveMarket } from './listing.ts';
import { Refusal } from './order.ts';

const NOTHING = { returned: 0 as Money, lost: 0 as Money, largest: 0 as Money };

/** What each unsettled leg of an event would pay if NO won: a dollar for every NO contract. */
function legs(exchange: Exchange, account: Account, eventTicker: string): number[] {
  const held: number[] = [];
  for (const { listing, outcome } of exchange.markets.values()) {
    if (listing.eventTicker !== eventTicker || (outcome?.settledTime ?? 0) > 0) continue;
    const position = account.holdings.get(listing.ticker)?.position ?? 0;
    if (position < 0) held.push(-position * ONE_DOLLAR);
  }
  return held;
}

/**
 * Bring what an account has back of its collateral in a market's event up to date. At most one leg of a mutually
 * exclusive event ends in YES, so NO in several of them can lose at most the largest holding: returned = sum - max
 * (API 6.2, paper section 4.3). Legs already settled have used up part of that most.
 */
export function renet(exchange: Exchange, account: Account, market: LiveMarket): void {
  const { eventTicker, exchangeIndex, collateralReturn } = market.listing;
  if (collateralReturn === undefined) return;
  const was = account.netted.get(eventTicker) ?? NOTHING;
  if (!account.netting && was.returned === 0) return;
  const held = legs(exchange, account, eventTicker);
  const most = Math.max(0, ...held);
  const sum = held.reduce((total, h) => total + h, 0);
  const atRisk = Math.min(most, Math.max(0, Math.max(most, was.largest) - was.lost));
  const returned = account.netting ? money(sum - atRisk) : (0 as Money);
  if (returned === was.returned) return;
  account.credit(exchangeIndex, returned - was.returned);
  account.netted.set(eventTicker, { ...was, returned });
  exchange.record({ what: 'netting', account });
}

/** Remember what the settlement of a leg costs its NO holder, before the position is closed. */
export function noteLoss(exchange: Exchange, account: Account, market: LiveMarket): void {
  const { eventTicker, ticker, collateralReturn } = market.listing;
  if (collateralReturn === undefined) return;
  const was = account.netted.get(eventTicker) ?? NOTHING;
  const held = Math.max(0, -account.holding(ticker).position);
  const largest = Math.max(was.largest, ...legs(exchange, account, eventTicker), held * ONE_DOLLAR);
  const lost = money(was.lost + held * market.outcome!.value);
  account.netted.set(eventTicker, { ...was, lost, largest: money(largest) });
  exchange.record({ what: 'netting', account });
}

/** Turn the return of collateral on or off for a subaccount. @throws Refusal where what was returned is spent */
export function setNetting(exchange: Exchange, account: Account, enabled: boolean): void {
  if (account.netting === enabled) return;
  const before = { cash: new Map(account.cash), netted: new Map(account.netted) };
  account.netting = enabled;
  const events = new Set<string>();
  for (const market of exchange.markets.values()) {
    if (events.has(market.listing.eventTicker)) continue;
    events.add(market.listing.eventTicker);
    renet(exchange, account, market);
  }
  const short = [...account.cash].some(
    ([shard, cash]) =>
      cash < (before.cash.get(shard) ?? 0) &&
      exchange.reservedOn(account.userId, shard, null, account.subaccount) > cash,
  );
  if (short) {
    account.netting = !enabled;
    for (const [shard, cash] of before.cash) account.cash.set(shard, cash);
    account.netted.clear();
    for (const [event, netted] of before.netted) account.netted.set(event, netted);
  }
  exchange.record({ what: 'netting', account });
  for (const shard of account.cash.keys()) exchange.record({ what: 'cash', account, shard });
  if (short) throw new Refusal(400, 'insufficient_balance');
}
