import { NO_LEVEL } from '../market/index.ts';
import { ASK, BID, type Count, type Price, type Side, sideName, type TimeUs } from '../units/index.ts';
import { bookBody, type SnapshotMessage } from '../wire/index.ts';
import type { Context } from './context.ts';
import type { MarketState } from './market-state.ts';
import type { RequestOutcome } from './port.ts';
import { understood } from './reader.ts';

/** What is known of one market's silence. */
interface Watch {
  asking: boolean;
  /** When the last comparison was begun; 0 for never. */
  askedTime: TimeUs;
  /** Comparisons in a row that showed another book with no frame in between. */
  differing: number;
  /** The last time the exchange's book equalled ours. */
  equalTime: TimeUs;
  notBefore: TimeUs;
  /** Deaths without a change of the book in between, and the last one's time. */
  deaths: number;
  deadTime: TimeUs;
}

/** A read may lag the feed: one difference proves nothing. */
const DIFFERENCES = 2;
const MAX_ASKING = 4;

/**
 * Tells a quiet market from a dead feed. The age of a book says nothing: a quiet book may be old and right. So a market
 * that we quote and that has been silent for long, or whose book should have moved by what other subscriptions say, has
 * its book read and compared with ours. Equal: quiet. Different twice in a row without a frame in between: dead.
 */
export class Quiet {
  private readonly ctx: Context;
  private readonly dead: (market: MarketState, reason: string, times: number) => void;
  private readonly watches: Watch[];
  private asking = 0;
  private generation = 0;

  /** @param dead hears why a market's feed is dead, and for which time in a row */
  constructor(ctx: Context, dead: (market: MarketState, reason: string, times: number) => void) {
    this.ctx = ctx;
    this.dead = dead;
    this.watches = ctx.markets.map(() => newWatch());
  }

  /** A connection ended or began: what was asked before proves nothing about it. */
  reset(): void {
    this.generation++;
    this.asking = 0;
    for (const market of this.ctx.markets) {
      market.hintTime = 0 as TimeUs;
      const watch = this.watches[market.index]!;
      watch.asking = false;
      watch.differing = 0;
    }
  }

  tick(): void {
    this.tellDoubts();
    for (const market of this.ctx.markets) {
      if (this.asking >= MAX_ASKING) return;
      if (this.isDue(market)) this.ask(market);
    }
  }

  /** Time alone makes a hint one that quotes may not stand any longer (`data_freshness`). */
  private tellDoubts(): void {
    const { ctx } = this;
    for (const market of ctx.markets) if (market.hintTime !== 0 && isDoubtful(ctx, market)) ctx.touch(market);
  }

  private isDue(market: MarketState): boolean {
    const { ctx } = this;
    const watch = this.watches[market.index]!;
    if (watch.asking || !market.seen || market.stale !== '' || ctx.now < watch.notBefore) return false;
    if (ctx.orders.on(market.index, BID).length + ctx.orders.on(market.index, ASK).length === 0) return false;
    const heard = Math.max(market.deltaTime, market.snapshotTime);
    if (heard >= watch.askedTime) watch.differing = 0;
    const { retryMs, quietCheckMs } = ctx.config.timing;
    // Subscriptions are not ordered among each other: the change may have come shortly before the hint of it.
    if (market.hintTime !== 0 && heard >= market.hintTime - retryMs * 1000) market.hintTime = 0 as TimeUs;
    const again = watch.differing > 0 || (market.hintTime !== 0 && ctx.passed(market.hintTime, retryMs));
    const unproven = watch.deaths > 0 && market.deltaTime < watch.deadTime;
    const waitMs = unproven ? Math.max(quietCheckMs / 4, retryMs) : quietCheckMs;
    if (!again && !ctx.passed(Math.max(heard, watch.equalTime) as TimeUs, waitMs)) return false;
    // The other half of the bucket is for what cannot wait.
    return ctx.reads.available(ctx.now) - ctx.costs.defaultCost >= ctx.reads.capacity / 2;
  }

  private ask(market: MarketState): void {
    const { ctx, generation } = this;
    const watch = this.watches[market.index]!;
    watch.asking = true;
    watch.askedTime = ctx.now;
    this.asking++;
    const path = `/markets/${encodeURIComponent(market.ticker)}/orderbook`;
    ctx.read('getBook', path, '', ctx.costs.defaultCost, (outcome) => {
      if (generation !== this.generation) return;
      this.asking--;
      watch.asking = false;
      this.take(market, watch, outcome);
    });
  }

  private take(market: MarketState, watch: Watch, outcome: RequestOutcome): void {
    const { ctx } = this;
    const decoded = understood(outcome, bookBody);
    watch.notBefore = ctx.after(ctx.config.timing.retryMs);
    if (decoded.kind !== 'ok' || !market.seen || market.stale !== '') return;
    if (Math.max(market.deltaTime, market.snapshotTime) >= watch.askedTime) return;
    const { bids, asks } = decoded.value;
    const difference = this.difference(market, BID, bids) || this.difference(market, ASK, asks);
    if (difference === '') {
      watch.differing = 0;
      watch.equalTime = ctx.now;
      if (market.hintTime !== 0) ctx.touch(market);
      market.hintTime = 0 as TimeUs;
      ctx.counters.quietChecks++;
      return;
    }
    if (++watch.differing >= DIFFERENCES) this.pronounceDead(market, watch, decoded.value, difference);
  }

  private pronounceDead(market: MarketState, watch: Watch, theirs: SnapshotMessage, difference: string): void {
    const { ctx } = this;
    watch.deaths = market.deltaTime >= watch.deadTime ? 1 : watch.deaths + 1;
    watch.deadTime = ctx.now;
    watch.differing = 0;
    market.hintTime = 0 as TimeUs;
    ctx.counters.deadFeeds++;
    const silentMs = Math.round((ctx.now - Math.max(market.deltaTime, market.snapshotTime)) / 1000);
    const ours = this.top(market);
    const other = `${shown(theirs.bids, Math.max)} / ${shown(theirs.asks, Math.min)}`;
    const books = `ours ${ours}, the exchange's ${other}; ${difference}`;
    const reason = `no frame for ${silentMs} ms, while the exchange's book is another than ours: ${books}`;
    const data = { silent_ms: silentMs, ours, exchange: other, difference, times: watch.deaths };
    ctx.report('warn', 'feed_dead', `${market.ticker}: ${reason}: the feed of this market is dead`, data);
    this.dead(market, reason, watch.deaths);
  }

  /** The best level where a side of our book is not what the exchange says, for a person; '' where there is none. */
  private difference(market: MarketState, side: Side, levels: readonly number[]): string {
    const { books } = this.ctx;
    const theirs = new Map<number, number>();
    for (let i = 0; i < levels.length; i += 2) theirs.set(levels[i]!, (theirs.get(levels[i]!) ?? 0) + levels[i + 1]!);
    const ours = new Map<number, number>();
    const grid = books.grid(market.book);
    for (let at = books.bestLevel(market.book, side); at !== NO_LEVEL; at = books.nextLevel(market.book, side, at)) {
      ours.set(grid.price(at), books.sizeAt(market.book, side, at));
    }
    const prices = [...new Set([...theirs.keys(), ...ours.keys()])].sort((a, b) => (side === BID ? b - a : a - b));
    for (const at of prices) {
      const [there, here] = [theirs.get(at) ?? 0, ours.get(at) ?? 0];
      if (there !== here) return `${sideName(side)} at ${at / 100}: exchange ${there / 100}, ours ${here / 100}`;
    }
    return '';
  }

  /** Our best bid and ask for a person: `100@45 / 20@47`, `-` for an empty side. */
  private top(market: MarketState): string {
    const { books } = this.ctx;
    const side = (s: Side): string =>
      books.bestLevel(market.book, s) === NO_LEVEL
        ? '-'
        : level(books.bestPrice(market.book, s), books.bestSize(market.book, s));
    return `${side(BID)} / ${side(ASK)}`;
  }
}

/** Something else has said for longer than is allowed that the book should have changed, and it has not. */
export function isDoubtful(ctx: Context, { hintTime, deltaTime, snapshotTime }: MarketState): boolean {
  const { maxBookDoubtMs } = ctx.config.risk;
  if (maxBookDoubtMs === undefined || hintTime === 0 || !ctx.passed(hintTime, maxBookDoubtMs)) return false;
  return Math.max(deltaTime, snapshotTime) < hintTime - ctx.config.timing.retryMs * 1000;
}

function newWatch(): Watch {
  return {
    asking: false,
    askedTime: 0 as TimeUs,
    differing: 0,
    equalTime: 0 as TimeUs,
    notBefore: 0 as TimeUs,
    deaths: 0,
    deadTime: 0 as TimeUs,
  };
}

/** The best of flat levels for a person. */
function shown(levels: readonly number[], best: (...prices: number[]) => number): string {
  const prices = levels.filter((_, i) => i % 2 === 0 && levels[i + 1]! > 0);
  if (prices.length === 0) return '-';
  const price = best(...prices);
  let count = 0;
  for (let i = 0; i < levels.length; i += 2) if (levels[i] === price) count += levels[i + 1]!;
  return level(price as Price, count as Count);
}

function level(price: Price, count: Count): string {
  return `${count / 100}@${price / 100}`;
}
