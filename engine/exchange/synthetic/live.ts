import type { TimeUs } from '../../units/index.ts';
import type { Exchange } from '../exchange.ts';
import type { WorldControl } from '../world-control.ts';
import type { Preset } from './presets.ts';
import { Synthetic } from './synthetic.ts';

export interface LiveOptions {
  readonly preset: Preset;
  readonly seed: number;
  /** Told of true fair values and outcomes: lines of NDJSON with `time` (Unix microseconds), `ticker`, `p` or `result`. */
  readonly onTruth?: (lines: string) => void;
}

/** A synthetic world that keeps step with the exchange's clock, from when it is made. */
export class LiveSynthetic implements WorldControl {
  readonly world: Synthetic;
  private readonly exchange: Exchange;
  private readonly openTime: TimeUs;
  private readonly onTruth: ((lines: string) => void) | undefined;
  private lines = '';

  constructor(exchange: Exchange, tickers: readonly string[], options: LiveOptions) {
    const { preset, seed, onTruth } = options;
    this.exchange = exchange;
    this.openTime = exchange.now();
    this.onTruth = onTruth;
    this.world = new Synthetic(exchange, tickers, {
      preset,
      seed,
      listener: {
        ...(onTruth === undefined ? {} : { truth: (ticker, p, at) => this.note(at, { ticker, p }) }),
        settled: (ticker, yes, at) => this.settled(ticker, yes ? 'yes' : 'no', at),
      },
    });
  }

  /** Let everything happen that is due. */
  advance(): void {
    this.world.advance((this.exchange.now() - this.openTime) / 1_000_000);
    if (this.lines === '') return;
    this.onTruth?.(this.lines);
    this.lines = '';
  }

  /** Break news now. False for a market that is not here, or over. */
  jump(ticker: string, logit: number): boolean {
    this.advance();
    return this.world.jump(ticker, logit);
  }

  /** The exchange has listed a market: it gets a truth and agents of the world's preset. */
  listed(ticker: string): void {
    this.world.add(ticker);
  }

  /** A market has another grid. Agents keep their orders by price, so there is nothing to do. */
  regridded(_ticker: string): void {}

  private settled(ticker: string, result: 'yes' | 'no', at: number): void {
    if (this.onTruth !== undefined) this.note(at, { ticker, result });
    this.exchange.tick();
    // Somebody may have concluded it by hand, or moved its close.
    if (this.exchange.markets.get(ticker)!.listing.status !== 'closed') return;
    this.exchange.lifecycle.determine(ticker, result);
  }

  private note(at: number, what: Readonly<Record<string, unknown>>): void {
    this.lines += `${JSON.stringify({ time: this.openTime + Math.round(at * 1_000_000), ...what })}\n`;
  }
}
