import { type Ledger, type Order, type Orders, remaining } from '../../engine/orders/index.ts';
import { ASK, BID, type Price, type Side } from '../../engine/units/index.ts';

/** What the worst case is made of, without sums kept: everything is looked at every time. */
export interface World {
  readonly orders: Orders;
  readonly ledger: Ledger;
  readonly markets: number;
  /** Of the prices an order has had, the one nearest to the other side. */
  readonly dearestOf: (order: Order) => number;
  readonly eventOf: (market: number) => string;
  readonly seriesOf: (event: string) => string;
  /** Possible outcomes as the markets that settle YES; null: not known. */
  readonly outcomesOf: (event: string) => readonly (readonly number[])[] | null;
}

const DOLLAR = 10_000;

function ordersOf({ orders }: World, market: number, side?: Side): Order[] {
  const live = side === undefined ? [BID, ASK] : [side];
  const missing = orders.missingFills().filter((o) => o.market === market && o.life === 'done');
  const all = [...live.flatMap((s) => orders.on(market, s as Side)), ...missing];
  return all.filter((o) => side === undefined || o.side === side);
}

/** Contracts that may still fill, at the dearest price, and those that have without being booked. */
function parts(world: World, o: Order): { readonly count: number; readonly price: number }[] {
  const prices = [o.price, ...(o.change === null ? [] : [o.change.price])];
  const dearest = o.side === BID ? Math.max(...prices) : Math.min(...prices);
  const filled = o.fillsMissingSince === 0 ? 0 : o.fillCount - o.bookedCount;
  return [
    { count: remaining(o), price: dearest },
    { count: filled, price: world.dearestOf(o) },
  ];
}

/** W_o of a market: cash + payoff x position + sum of min(0, payoff of the order - its price) x contracts. */
export function marketWorth(world: World, market: number, settlesYes: boolean): number {
  const { cash, position, openingPosition, openingMark } = world.ledger.account(market);
  const payoff = settlesYes ? DOLLAR : 0;
  let worth = cash - openingPosition * openingMark + payoff * position;
  for (const o of ordersOf(world, market)) {
    for (const { count, price } of parts(world, o)) {
      const gain = o.side === BID ? payoff - price : price - payoff;
      worth += Math.min(0, gain) * count;
    }
  }
  return worth;
}

export function marketRisk(world: World, market: number): number {
  return Math.max(0, -Math.min(marketWorth(world, market, true), marketWorth(world, market, false)));
}

function marketsOf(world: World, event: string): number[] {
  return Array.from({ length: world.markets }, (_, m) => m).filter((m) => world.eventOf(m) === event);
}

/** Worth of an event in one outcome. */
export function eventWorth(world: World, event: string, payers: readonly number[]): number {
  return marketsOf(world, event).reduce((sum, m) => sum + marketWorth(world, m, payers.includes(m)), 0);
}

export function eventRisk(world: World, event: string): number {
  const outcomes = world.outcomesOf(event);
  if (outcomes === null) return marketsOf(world, event).reduce((sum, m) => sum + marketRisk(world, m), 0);
  return Math.max(0, -Math.min(...outcomes.map((payers) => eventWorth(world, event, payers))));
}

export function openContracts(world: World, market: number, side: Side): number {
  return ordersOf(world, market, side).reduce((sum, o) => sum + parts(world, o).reduce((n, p) => n + p.count, 0), 0);
}

export function mostContracts(world: World, market: number): number {
  const position = world.ledger.position(market);
  const most = position + openContracts(world, market, BID);
  return Math.max(0, most, openContracts(world, market, ASK) - position);
}

/** Our live price nearest to the other side, 0 for none. */
export function bestPrice(world: World, market: number, side: Side): Price {
  const prices = world.orders.on(market, side).flatMap((o) => parts(world, o)[0]!.price);
  if (prices.length === 0) return 0 as Price;
  return (side === BID ? Math.max(...prices) : Math.min(...prices)) as Price;
}

export function eventsOf(world: World): string[] {
  return [...new Set(Array.from({ length: world.markets }, (_, m) => world.eventOf(m)))];
}

/** Total over the events of a series, or of all where none is named. */
export function sumOf(world: World, of: (event: string) => number, series?: string): number {
  const events = eventsOf(world).filter((e) => series === undefined || world.seriesOf(e) === series);
  return events.reduce((sum, e) => sum + of(e), 0);
}

export function eventContracts(world: World, event: string): number {
  return marketsOf(world, event).reduce((sum, m) => sum + mostContracts(world, m), 0);
}
