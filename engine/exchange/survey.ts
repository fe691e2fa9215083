import { CENTI_CENT, DECI_CENT, type Grid, LINEAR_CENT, OFF_GRID, TAPERED_DECI_CENT } from '../market/index.ts';
import { ONE_CONTRACT, type Price, type TimeUs } from '../units/index.ts';
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

/** Spacing of frames recorded without receive times. */
export const NO_TIME_STEP_US = 1000;

/** What the first pass over a recording finds. */
export interface FeedSurvey {
  readonly frames: number;
  /** Markets in order of appearance, each with the coarsest grid that holds all its prices. */
  readonly markets: ReadonlyMap<string, Grid>;
  readonly spanUs: number;
  /** Every count is a whole number of contracts. */
  readonly wholeContracts: boolean;
}

const GRIDS: readonly Grid[] = [LINEAR_CENT, TAPERED_DECI_CENT, DECI_CENT, CENTI_CENT];

/** First pass: which markets there are and on which grid. @throws Error naming the line of a frame that makes no sense */
export async function surveyFeed(
  frames: AsyncIterable<readonly CapturedFrame[]>,
  yesPrices: boolean,
): Promise<FeedSurvey> {
  const grids = new Map<string, number>();
  const booked = new Set<string>();
  let count = 0;
  let wholeContracts = true;
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
      if (event === null) continue;
      wholeContracts &&= countsOf(event).every((n) => n % ONE_CONTRACT === 0);
      let at = grids.get(event.ticker) ?? 0;
      for (const p of pricesOf(event)) at = gridFor(p, at, frame);
      grids.set(event.ticker, at);
      if (event.kind !== 'trade') booked.add(event.ticker);
    }
  }
  // Markets of which only trades were recorded have no book to trade in.
  for (const ticker of [...grids.keys()]) if (!booked.has(ticker)) grids.delete(ticker);
  const markets = new Map([...grids].map(([ticker, at]) => [ticker, GRIDS[at]!]));
  const spanUs = first === null || last === null ? count * NO_TIME_STEP_US : last - first;
  return { frames: count, markets, spanUs, wholeContracts };
}

/** A recorded frame's event, or null. @throws Error naming the line */
export function readEvent(frame: CapturedFrame, yesPrices: boolean): TapeEvent | null {
  try {
    return readTapeEvent(frame.text, yesPrices);
  } catch (error) {
    throw new Error(`line ${frame.line}: recorded frame cannot be played: ${(error as Error).message}`);
  }
}

function pricesOf(event: TapeEvent): readonly number[] {
  if (event.kind !== 'snapshot') return [event.price];
  return [...event.bids, ...event.asks].filter((_, i) => i % 2 === 0);
}

function countsOf(event: TapeEvent): readonly number[] {
  if (event.kind === 'snapshot') return [...event.bids, ...event.asks].filter((_, i) => i % 2 === 1);
  return [event.kind === 'delta' ? event.delta : event.count];
}

function gridFor(price: number, from: number, frame: CapturedFrame): number {
  for (let at = from; at < GRIDS.length; at++) if (GRIDS[at]!.level(price as Price) !== OFF_GRID) return at;
  throw new Error(`line ${frame.line}: recorded frame cannot be played: a level at ${price / 100}c, outside 0 to 100`);
}
