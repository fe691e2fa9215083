import type { TimeUs } from '../../units/index.ts';
import type { Exchange } from '../exchange.ts';
import type { Preset } from './presets.ts';
import { Synthetic } from './synthetic.ts';

export interface LiveOptions {
  readonly preset: Preset;
  readonly seed: number;
  /** Told of true fair values and outcomes: lines of NDJSON with `time` (Unix microseconds), `ticker`, `p` or `result`. */
  readonly onTruth?: (lines: string) => void;
}

/** A synthetic world that keeps step with the exchange's clock, from when it is made. */
export class LiveSynthetic {
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

  private settled(ticker: string, result: 'yes' | 'no', at: number): void {
    if (this.onTruth !== undefined) this.note(at, { ticker, result });
  }

  private note(at: number, what: Readonly<Record<string, unknown>>): void {
    this.lines += `${JSON.stringify({ time: this.openTime + Math.round(at * 1_000_000), ...what })}\n`;
  }
}
