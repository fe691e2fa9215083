import type { ExchangeFill, ExchangeOrder, ExchangeTrade, OrderRequest } from '../../../engine/exchange/order.ts';
import { Playback } from '../../../engine/exchange/playback.ts';
import type { CapturedFrame } from '../../../engine/exchange/survey.ts';
import type { Grid } from '../../../engine/market/index.ts';
import { type Side, sideName, type TimeUs } from '../../../engine/units/index.ts';
import { Bench, START_US } from './bench.ts';

type Levels = readonly (readonly [cents: number, contracts: number])[];

/** A frame to play, in YES cents and contracts. `after` is its distance from the one before, ms of recorded time. */
export type Shot = { readonly after?: number; readonly block?: boolean } & (
  | { readonly bids: Levels; readonly asks: Levels }
  | { readonly leg: 'yes' | 'no'; readonly cents: number; readonly change: number; readonly fill: boolean }
  | { readonly cents: number; readonly count: number; readonly taker: 'yes' | 'no' }
  | { readonly raw: Readonly<Record<string, unknown>> }
  | { readonly text: string }
);

export const snapshot = (bids: Levels, asks: Levels = []): Shot => ({ bids, asks });

export function delta(leg: 'yes' | 'no', cents: number, change: number, kind: 'fill' | 'cancel' = 'cancel'): Shot {
  return { leg, cents, change, fill: kind === 'fill' };
}

export const print = (cents: number, count: number, taker: 'yes' | 'no'): Shot => ({ cents, count, taker });

const fixed = (cents: number): string => (cents / 100).toFixed(4);
const counted = (contracts: number): string => contracts.toFixed(2);
/** NO money of a YES price. */
const no = (cents: number): string => fixed(100 - cents);

function message(shot: Shot): unknown {
  const market_ticker = 'M';
  if ('bids' in shot) {
    const yes_dollars_fp = shot.bids.map(([c, n]) => [fixed(c), counted(n)]);
    const no_dollars_fp = shot.asks.map(([c, n]) => [no(c), counted(n)]);
    return { type: 'orderbook_snapshot', msg: { market_ticker, yes_dollars_fp, no_dollars_fp } };
  }
  if ('leg' in shot) {
    const price_dollars = shot.leg === 'yes' ? fixed(shot.cents) : no(shot.cents);
    const msg = { market_ticker, side: shot.leg, price_dollars, delta_fp: counted(shot.change) };
    return { type: 'orderbook_delta', msg };
  }
  if ('taker' in shot) {
    const msg = {
      market_ticker,
      yes_price_dollars: fixed(shot.cents),
      count_fp: counted(shot.count),
      taker_outcome_side: shot.taker,
      is_block_trade: shot.block === true,
    };
    return { type: 'trade', msg };
  }
  const whole = { market_ticker, side: 'yes', price_dollars: '0.5000', delta_fp: '1.00' };
  return { type: 'orderbook_delta', msg: { ...whole, ...('raw' in shot ? shot.raw : {}) } };
}

/** A recording played into an exchange, frame by frame, with one account's orders in its way. */
export class Tape {
  readonly bench: Bench;
  readonly playback: Playback;
  /** Changes of the displayed book: side, price, change, whose. */
  readonly deltas: string[] = [];
  private line = 0;
  private timeUs = START_US;

  constructor(options: { yesPrices?: boolean; grid?: Grid } = {}) {
    this.bench = new Bench(options.grid === undefined ? {} : { grid: options.grid }).fund('a', '1000000');
    this.playback = new Playback(this.bench.exchange, options.yesPrices ?? false);
    this.bench.exchange.listeners.push({
      delta: (_, side, price, change, order) =>
        this.deltas.push(`${sideName(side)} ${price} ${change} ${order?.clientOrderId ?? '-'}`),
      trade: () => {},
      fill: () => {},
      order: () => {},
      position: () => {},
      group: () => {},
    });
  }

  /** Play frames, a millisecond apart unless they say otherwise. */
  play(...shots: readonly Shot[]): this {
    for (const shot of shots) {
      const fill = 'fill' in shot && shot.fill;
      this.apply('text' in shot ? shot.text : JSON.stringify(message(shot)), fill, shot.after ?? 1);
    }
    return this;
  }

  raw(frame: unknown): void {
    this.apply(JSON.stringify(frame), false, 1);
  }

  private apply(text: string, fill: boolean, afterMs: number): void {
    this.timeUs += afterMs * 1000;
    this.line++;
    this.playback.apply({ line: this.line, recvTime: this.timeUs as TimeUs, text, fill });
  }

  place(side: Side, c: number, n: number, more: Partial<OrderRequest> = {}): ExchangeOrder {
    const names = this.bench.exchange.usedClientIds;
    const clientOrderId = names.has('a/own') ? `own${names.size}` : 'own';
    return this.bench.place('a', side, c, n, { clientOrderId, ...more });
  }

  get fills(): readonly ExchangeFill[] {
    return this.bench.fills;
  }

  get trades(): readonly ExchangeTrade[] {
    return this.bench.trades;
  }

  queue(side: Side, c: number): string {
    return this.bench.queue(side, c);
  }

  /** Contracts displayed at a level that are not ours. */
  recorded(side: Side, c: number): number {
    const { ladder, listing } = this.bench.market();
    return ladder.background(side, listing.grid.level(Math.round(c * 100) as never)) / 100;
  }

  /** Contracts that stand before an order. */
  ahead(order: ExchangeOrder): number {
    const { ladder, listing } = this.bench.market();
    let sum = 0;
    for (const e of ladder.queue(order.side, listing.grid.level(order.price))) {
      if (e.order === order) break;
      sum += e.left;
    }
    return sum / 100;
  }
}

/** Frames as a recording's reader hands them in. */
export async function* oneBatch(frames: readonly unknown[]): AsyncGenerator<CapturedFrame[]> {
  yield frames.map((frame, i) => ({ line: i + 1, recvTime: null, text: JSON.stringify(frame), fill: false }));
}
