import type { Activity, CallName } from '../ops/activity.ts';
import type { MarketView, Quotes, Strategy } from '../quoting/index.ts';
import type { Count, Price, Side, TimeUs } from '../units/index.ts';

/** Whoever stands still for this long has stopped the session, for whatever reason. */
const HOPELESS_NS = 1e9;

/** A call that took too long: about which market ('' for all), and how long, microseconds. */
export interface SlowCall {
  readonly ticker: string;
  readonly tookUs: number;
}

/**
 * A strategy with a clock beside it. The core has none, so the session measures each call here and hands what was too
 * slow to the engine as an input of its own, which a journal keeps like any other. A call that never returns is not
 * seen here, nothing in this thread runs any more then: it is seen by the watchdog, from the activity that is kept here.
 */
export class TimedStrategy implements Strategy {
  readonly name: string;
  readonly onTrade?: Strategy['onTrade'] & {};
  readonly onFill?: Strategy['onFill'] & {};
  readonly onTimer?: Strategy['onTimer'] & {};
  readonly onStart?: Strategy['onStart'] & {};
  readonly onStop?: Strategy['onStop'] & {};
  private readonly inner: Strategy;
  private readonly nowNs: () => number;
  private readonly cpuUs: (() => number) | null;
  private readonly allowanceNs: number;
  private readonly activity: Activity | null;
  private readonly numbers: ReadonlyMap<string, number>;
  private ticker = '';
  private worstNs = 0;
  private sampledCpuUs = 0;

  /**
   * @param allowanceMs how long a single call may take
   * @param cpuUs what this thread has computed so far, microseconds: a call during which the machine did something else
   * is not blamed for it. Without it only time counts.
   * @param activity told of each call, and `tickers` the markets by the number it gives them
   */
  constructor(
    inner: Strategy,
    nowNs: () => number,
    allowanceMs: number,
    cpuUs: (() => number) | null = null,
    activity: Activity | null = null,
    tickers: readonly string[] = [],
  ) {
    this.name = inner.name;
    this.inner = inner;
    this.nowNs = nowNs;
    this.cpuUs = cpuUs;
    this.allowanceNs = allowanceMs * 1e6;
    this.activity = activity;
    this.numbers = new Map(tickers.map((ticker, number) => [ticker, number]));
    if (inner.onTrade !== undefined) {
      this.onTrade = (ticker: string, side: Side, price: Price, count: Count, time: TimeUs) =>
        this.timed('onTrade', ticker, () => inner.onTrade!(ticker, side, price, count, time));
    }
    if (inner.onFill !== undefined) {
      this.onFill = (ticker: string, side: Side, price: Price, count: Count, time: TimeUs) =>
        this.timed('onFill', ticker, () => inner.onFill!(ticker, side, price, count, time));
    }
    if (inner.onTimer !== undefined) this.onTimer = (time) => this.timed('onTimer', '', () => inner.onTimer!(time));
    if (inner.onStart !== undefined)
      this.onStart = (tickers, time) => this.timed('onStart', '', () => inner.onStart!(tickers, time));
    if (inner.onStop !== undefined) this.onStop = (time) => this.timed('onStop', '', () => inner.onStop!(time));
  }

  quote(view: MarketView, quotes: Quotes): void {
    const began = this.nowNs();
    this.enter('quote', view.ticker);
    try {
      // What it returns is for the engine to judge.
      return this.inner.quote(view, quotes);
    } finally {
      this.took(view.ticker, this.nowNs() - began);
    }
  }

  /** Look at what this thread has computed: reading that is dearer than a call, so it is done now and then. */
  tick(): void {
    if (this.cpuUs !== null) this.sampledCpuUs = this.cpuUs();
  }

  /** The longest call over the allowance since the last time this was asked, null when there was none. */
  takeSlow(): SlowCall | null {
    if (this.worstNs === 0) return null;
    const ns = this.worstNs;
    this.worstNs = 0;
    // All that was computed since the last look, the call included, would have been allowed.
    const waited = this.cpuUs !== null && (this.cpuUs() - this.sampledCpuUs) * 1000 <= this.allowanceNs;
    return waited && ns < HOPELESS_NS ? null : { ticker: this.ticker, tookUs: Math.round(ns / 1000) };
  }

  private timed(name: CallName, ticker: string, call: () => void): void {
    const began = this.nowNs();
    this.enter(name, ticker);
    try {
      call();
    } finally {
      this.took(ticker, this.nowNs() - began);
    }
  }

  private enter(name: CallName, ticker: string): void {
    this.activity?.enter(name, this.numbers.get(ticker) ?? -1);
  }

  private took(ticker: string, ns: number): void {
    this.activity?.leave();
    if (ns <= this.allowanceNs || ns <= this.worstNs) return;
    this.ticker = ticker;
    this.worstNs = ns;
  }
}

/** What the calling thread has computed since it began, microseconds. */
export function threadCpuUs(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}
