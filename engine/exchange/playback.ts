import { CENTI_CENT, DECI_CENT, type Grid, LINEAR_CENT, OFF_GRID, TAPERED_DECI_CENT } from '../market/index.ts';
import { ASK, BID, opposite, type Price, type Side, type TimeUs } from '../units/index.ts';
import type { Exchange } from './exchange.ts';
import type { LiveMarket } from './listing.ts';
import { arriveBackground, reachByTrade } from './matching.ts';
import { readTapeEvent, type TapeEvent } from './tape.ts';

/** One recorded frame as handed in by whoever reads the file. */
export interface CapturedFrame {
  /** Line of the recording, for error texts. */
  readonly line: number;
  readonly recvTime: TimeUs | null;
  readonly text: string;
  /** The recording knows this removal to be a trade. */
  readonly fill: boolean;
}

/** Recorded time within which a print and a book removal of the same level are taken for the same execution. */
const PAIR_US = 250_000;
/** Spacing of frames recorded without receive times. */
const NO_TIME_STEP_US = 1000;

/** Per level: what accounts took that the tape still shows, and credits that keep a trade from counting twice. */
interface LevelMemory {
  consumed: number;
  printed: number;
  printedAt: number;
  removed: number;
  removedAt: number;
}

/** What the first pass over a recording finds. */
export interface FeedSurvey {
  readonly frames: number;
  /** Markets in order of appearance, each with the coarsest grid that holds all its prices. */
  readonly markets: ReadonlyMap<string, Grid>;
  readonly spanUs: number;
}

const GRIDS: readonly Grid[] = [LINEAR_CENT, TAPERED_DECI_CENT, DECI_CENT, CENTI_CENT];

/** First pass: which markets there are and on which grid. @throws Error naming the line of a frame that makes no sense */
export async function surveyFeed(
  frames: AsyncIterable<readonly CapturedFrame[]>,
  yesPrices: boolean,
): Promise<FeedSurvey> {
  const grids = new Map<string, number>();
  let count = 0;
  let first: number | null = null;
  let last: number | null = null;
  for await (const batch of frames) {
    for (const frame of batch) {
      count++;
      if (frame.recvTime !== null) {
        first ??= frame.recvTime;
        last = frame.recvTime;
      }
      const event = readEvent(frame, yesPrices);
      if (event === null || event.kind === 'trade') continue;
      const prices = event.kind === 'delta' ? [event.price] : [...everySecond(event.bids), ...everySecond(event.asks)];
      let at = grids.get(event.ticker) ?? 0;
      for (const p of prices) while (at < GRIDS.length - 1 && GRIDS[at]!.level(p as Price) === OFF_GRID) at++;
      grids.set(event.ticker, at);
    }
  }
  const markets = new Map([...grids].map(([ticker, at]) => [ticker, GRIDS[at]!]));
  return { frames: count, markets, spanUs: first === null || last === null ? count * NO_TIME_STEP_US : last - first };
}

function everySecond(flat: readonly number[]): number[] {
  return flat.filter((_, i) => i % 2 === 0);
}

function readEvent(frame: CapturedFrame, yesPrices: boolean): TapeEvent | null {
  try {
    return readTapeEvent(frame.text, yesPrices);
  } catch (error) {
    throw new Error(`line ${frame.line}: recorded frame cannot be played: ${(error as Error).message}`);
  }
}

/**
 * Plays a recording as the market's own liquidity. What nobody of ours rests or takes, the book shows exactly as
 * recorded. Accounts' orders stand behind what the recording shows at their level and fill when recorded volume reaches
 * them: trades eat the queue from the front, cancels leave from the back (the reading least favourable to us).
 */
export class Playback {
  /** Frames applied, frames of types that do not touch a book, and trades. */
  readonly counts = { applied: 0, ignored: 0, trades: 0 };
  private readonly exchange: Exchange;
  private readonly yesPrices: boolean;
  private readonly memory = new Map<string, Map<number, LevelMemory>>();
  private readonly seen = new Set<string>();
  private lastTime = 0;
  private applying = false;

  constructor(exchange: Exchange, yesPrices: boolean) {
    this.exchange = exchange;
    this.yesPrices = yesPrices;
    exchange.listeners.push({
      delta: (ticker, side, price, delta, order) => {
        // Recorded liquidity that goes while no frame is being applied was taken by an account.
        if (order === null && delta < 0 && !this.applying) this.consumed(ticker, side, price, -delta);
      },
      trade: () => {},
      fill: () => {},
      order: () => {},
      position: () => {},
      group: () => {},
    });
  }

  /** Recorded time of a frame; frames without one follow a millisecond apart. */
  timeOf(frame: CapturedFrame): number {
    this.lastTime = frame.recvTime ?? this.lastTime + NO_TIME_STEP_US;
    return this.lastTime;
  }

  /** Apply one recorded frame. @throws Error naming the line when it contradicts the book so far */
  apply(frame: CapturedFrame): void {
    const event = readEvent(frame, this.yesPrices);
    if (event === null || !this.exchange.markets.has(event.ticker)) {
      this.counts.ignored++;
      return;
    }
    this.counts.applied++;
    const time = frame.recvTime ?? this.lastTime;
    this.applying = true;
    this.exchange.onMarket(event.ticker, (market) => {
      if (event.kind === 'snapshot') this.snapshot(market, event.bids, event.asks);
      else if (event.kind === 'trade') this.print(market, event, time);
      else this.delta(market, event, frame, time);
      this.applying = false;
    });
  }

  private snapshot(market: LiveMarket, bids: readonly number[], asks: readonly number[]): void {
    const { ladder, listing } = market;
    this.seen.add(listing.ticker);
    this.memory.delete(listing.ticker);
    for (const side of [BID, ASK] as const) {
      const wanted = new Map<number, number>();
      const flat = side === BID ? bids : asks;
      for (let i = 0; i < flat.length; i += 2) wanted.set(this.levelOf(market, flat[i]! as Price), flat[i + 1]!);
      for (const level of [...ladder.levels(side)]) {
        const excess = ladder.background(side, level) - (wanted.get(level) ?? 0);
        if (excess > 0) ladder.reduceBackground(side, level, excess);
      }
      for (const [level, count] of wanted) {
        const missing = count - ladder.background(side, level);
        if (missing > 0) this.arrive(market, side, level, missing);
      }
    }
  }

  private delta(
    market: LiveMarket,
    event: { readonly side: Side; readonly price: Price; readonly delta: number; readonly ticker: string },
    frame: CapturedFrame,
    time: number,
  ): void {
    if (!this.seen.has(event.ticker))
      throw new Error(`line ${frame.line}: delta for ${event.ticker} before its snapshot`);
    const level = this.levelOf(market, event.price);
    if (event.delta > 0) this.arrive(market, event.side, level, event.delta);
    if (event.delta >= 0) return;
    const volume = -event.delta;
    const memory = this.memoryOf(market, event.side, level);
    const recorded = market.ladder.background(event.side, level) + memory.consumed;
    if (volume > recorded) {
      const text = `removes ${volume / 100} contracts at ${event.price / 100}c where the recording shows ${recorded / 100}`;
      throw new Error(`line ${frame.line}: delta for ${event.ticker} ${text}`);
    }
    const absorbed = Math.min(volume, memory.consumed);
    memory.consumed -= absorbed;
    let left = volume - absorbed;
    if (frame.fill) {
      this.counts.trades++;
      left -= reachByTrade(market.ladder, event.side, level, left, this.exchange);
    } else this.creditRemoval(memory, volume, time);
    market.ladder.reduceBackground(event.side, level, left);
  }

  /** A removal that a print explained before is forgotten with it; otherwise a print to come will find it here. */
  private creditRemoval(memory: LevelMemory, volume: number, time: number): void {
    const printed = time - memory.printedAt <= PAIR_US ? memory.printed : 0;
    const explained = Math.min(printed, volume);
    memory.printed = printed - explained;
    memory.removed = (time - memory.removedAt <= PAIR_US ? memory.removed : 0) + volume - explained;
    memory.removedAt = time;
  }

  private print(
    market: LiveMarket,
    event: { readonly takerSide: Side; readonly price: Price; readonly count: number; readonly isBlock: boolean },
    time: number,
  ): void {
    if (event.isBlock) return;
    this.counts.trades++;
    const passive = opposite(event.takerSide);
    const level = this.levelOf(market, event.price);
    const memory = this.memoryOf(market, passive, level);
    const removed = time - memory.removedAt <= PAIR_US ? memory.removed : 0;
    const already = Math.min(removed, event.count);
    memory.removed = removed - already;
    memory.printed = (time - memory.printedAt <= PAIR_US ? memory.printed : 0) + event.count - already;
    memory.printedAt = time;
    // What the book already lost at this level has moved accounts' orders forward; only the rest reaches on. Eaten
    // liquidity is put down as consumed, so that the removal still to come does not take it a second time.
    const eaten = reachByTrade(market.ladder, passive, level, event.count - already, this.exchange);
    memory.consumed += eaten;
  }

  private arrive(market: LiveMarket, side: Side, level: number, count: number): void {
    const rested = arriveBackground(market.ladder, side, level, count, this.exchange);
    this.memoryOf(market, side, level).consumed += count - rested;
  }

  /** Accounts took recorded liquidity: the tape will remove it later and must find it accounted for. */
  private consumed(ticker: string, side: Side, price: Price, count: number): void {
    const market = this.exchange.markets.get(ticker)!;
    this.memoryOf(market, side, this.levelOf(market, price)).consumed += count;
  }

  private memoryOf(market: LiveMarket, side: Side, level: number): LevelMemory {
    const { ticker } = market.listing;
    let levels = this.memory.get(ticker);
    if (levels === undefined) {
      levels = new Map();
      this.memory.set(ticker, levels);
    }
    const key = level * 2 + side;
    let memory = levels.get(key);
    if (memory === undefined) {
      memory = { consumed: 0, printed: 0, printedAt: -PAIR_US * 2, removed: 0, removedAt: -PAIR_US * 2 };
      levels.set(key, memory);
    }
    return memory;
  }

  private levelOf(market: LiveMarket, price: Price): number {
    const level = market.listing.grid.level(price);
    if (level === OFF_GRID) throw new Error(`price ${price / 100}c is not on the grid of ${market.listing.ticker}`);
    return level;
  }
}
