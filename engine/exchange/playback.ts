import { OFF_GRID } from '../market/index.ts';
import { ASK, BID, opposite, type Price, type Side } from '../units/index.ts';
import type { Exchange } from './exchange.ts';
import { LevelMemory } from './level-memory.ts';
import type { LiveMarket } from './listing.ts';
import { arriveRecorded, reachByPrint, reachByTrade } from './matching.ts';
import { type CapturedFrame, NO_TIME_STEP_US, readEvent } from './survey.ts';
import type { TapeEvent } from './tape.ts';

interface LateEvent {
  readonly event: TapeEvent;
  readonly frame: CapturedFrame;
  readonly time: number;
}

/**
 * Plays a recording as the market's own liquidity. What nobody of ours takes, the book shows exactly as recorded, after
 * every frame. Accounts' orders stand behind what the recording shows at their level and fill when recorded volume
 * reaches them: trades eat the queue from the front, cancels leave from the back (the reading least favourable to us).
 */
export class Playback {
  /** Frames applied, frames of types that do not touch a book, and trades. */
  readonly counts = { applied: 0, ignored: 0, trades: 0 };
  private readonly exchange: Exchange;
  private readonly yesPrices: boolean;
  private readonly memory = new Map<string, Map<number, LevelMemory>>();
  private readonly seen = new Set<string>();
  private waiting: LateEvent[] = [];
  private lastFrame: CapturedFrame | null = null;
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

  /** Recorded time of a frame, microseconds; frames without one follow a millisecond apart. */
  timeOf(frame: CapturedFrame): number {
    if (frame !== this.lastFrame) this.lastTime = frame.recvTime ?? this.lastTime + NO_TIME_STEP_US;
    this.lastFrame = frame;
    return this.lastTime;
  }

  /** Apply one recorded frame. @throws Error naming the line when it contradicts the book so far */
  apply(frame: CapturedFrame): void {
    const event = readEvent(frame, this.yesPrices);
    const time = this.timeOf(frame);
    if (event === null || !this.exchange.markets.has(event.ticker)) {
      this.counts.ignored++;
      return;
    }
    this.counts.applied++;
    this.release();
    const late = { event, frame, time };
    // What a market that stands still would show is applied when it trades again: nobody may be filled meanwhile.
    if (this.exchange.halted(event.ticker)) this.waiting.push(late);
    else this.play(late);
  }

  /** Apply what waited for markets that trade again. */
  private release(): void {
    if (this.waiting.length === 0) return;
    const waited = this.waiting;
    this.waiting = [];
    for (const late of waited) {
      if (this.exchange.halted(late.event.ticker)) this.waiting.push(late);
      else this.play(late);
    }
  }

  private play({ event, frame, time }: LateEvent): void {
    this.exchange.onMarket(event.ticker, (market) => {
      this.applying = true;
      try {
        if (event.kind === 'snapshot') this.snapshot(market, event.bids, event.asks);
        else if (event.kind === 'trade') this.print(market, event, time);
        else this.delta(market, event, frame.fill, time);
      } catch (error) {
        throw new Error(`line ${frame.line}: ${event.kind} for ${event.ticker} ${(error as Error).message}`);
      } finally {
        this.applying = false;
      }
    });
  }

  private snapshot(market: LiveMarket, bids: readonly number[], asks: readonly number[]): void {
    const { ladder, listing } = market;
    const wanted = [bids, asks].map((flat) => {
      const counts = new Map<number, number>();
      for (let i = 0; i < flat.length; i += 2) counts.set(levelOf(market, flat[i]! as Price), flat[i + 1]!);
      return counts;
    });
    this.seen.add(listing.ticker);
    this.memory.delete(listing.ticker);
    // First all that is gone, then all that came: the old side must not stand in the way of the new one.
    for (const side of [BID, ASK] as const) {
      for (const level of [...ladder.levels(side)]) {
        const excess = ladder.background(side, level) - (wanted[side]!.get(level) ?? 0);
        if (excess > 0) ladder.reduceBackground(side, level, excess);
      }
    }
    for (const side of [BID, ASK] as const) {
      for (const [level, count] of wanted[side]!) {
        const missing = count - ladder.background(side, level);
        if (missing > 0) this.arrive(market, side, level, missing);
      }
    }
  }

  private delta(market: LiveMarket, event: TapeEvent & { kind: 'delta' }, flagged: boolean, time: number): void {
    if (!this.seen.has(event.ticker)) throw new Error('comes before its snapshot');
    const { side } = event;
    const level = levelOf(market, event.price);
    if (event.delta > 0) this.arrive(market, side, level, event.delta);
    if (event.delta >= 0) return;
    const volume = -event.delta;
    const memory = this.memoryOf(market, side, level);
    const recorded = market.ladder.background(side, level) + memory.consumed;
    if (volume > recorded) {
      const where = `${volume / 100} contracts at ${event.price / 100}c`;
      throw new Error(`removes ${where} where the recording shows ${recorded / 100}`);
    }
    const { left, traded, open } = memory.remove(volume, flagged, time);
    if (flagged) this.counts.trades++;
    const eaten = traded > 0 ? reachByTrade(market.ladder, side, level, traded, this.exchange) : 0;
    memory.remember(market.ladder.reduceBackground(side, level, left - eaten), open);
  }

  private print(market: LiveMarket, event: TapeEvent & { kind: 'trade' }, time: number): void {
    if (event.isBlock) return;
    this.counts.trades++;
    const passive = opposite(event.takerSide);
    const level = levelOf(market, event.price);
    const { volume, undone } = this.memoryOf(market, passive, level).print(event.count, time);
    if (volume > 0) reachByPrint(market.ladder, passive, level, volume, undone, this.exchange);
  }

  private arrive(market: LiveMarket, side: Side, level: number, count: number): void {
    const rested = arriveRecorded(market.ladder, side, level, count, this.exchange);
    this.memoryOf(market, side, level).consumed += count - rested;
  }

  /** Accounts took recorded liquidity: the tape will remove it later and must find it accounted for. */
  private consumed(ticker: string, side: Side, price: Price, count: number): void {
    const market = this.exchange.markets.get(ticker)!;
    this.memoryOf(market, side, levelOf(market, price)).consumed += count;
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
      memory = new LevelMemory();
      levels.set(key, memory);
    }
    return memory;
  }
}

function levelOf(market: LiveMarket, price: Price): number {
  const level = market.listing.grid.level(price);
  if (level === OFF_GRID) throw new Error(`has a price of ${price / 100}c, which is not on the market's grid`);
  return level;
}
