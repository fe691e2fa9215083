import { Frame, FrameDecoder, TickerTable } from '../../../engine/wire/index.ts';
import { damage, redigit } from './damage.ts';
import { frame, type Layout, layout } from './layouts.ts';
import { Oracle, repeatsKey, withoutUnread } from './oracle.ts';
import { Random } from './random.ts';
import { LISTED } from './values.ts';

/** What came of the frames of a run. */
export interface Tally {
  frames: number;
  damaged: number;
  /** Whole, made of the frame before by other digits. */
  redigited: number;
  /** By the way that read them. */
  byLayout: number;
  byKeys: number;
  byParser: number;
  trades: number;
  /** Damaged, and handed on by the scanner without a value: not looked at any further. */
  handedOn: number;
  refused: number;
  /** Damaged and read all the same, as JSON or past damage where nobody reads. */
  damagedRead: number;
  pastDamage: number;
  /** Refused, though `JSON.parse` reads them, for a key that stands twice. */
  repeated: number;
}

export function emptyTally(): Tally {
  return {
    ...{ frames: 0, damaged: 0, redigited: 0, byLayout: 0, byKeys: 0, byParser: 0, trades: 0, handedOn: 0, refused: 0 },
    ...{ damagedRead: 0, pastDamage: 0, repeated: 0 },
  };
}

type Way = 'byLayout' | 'byKeys' | 'byParser';

/** Makes the decoder under test. */
export type Maker = (tickers: TickerTable, yesPrices: boolean) => FrameDecoder;

export const engineDecoder: Maker = (tickers, yesPrices) => new FrameDecoder(tickers, { yesPrices });

const ROOM = 8192;
/** To make a frame costs as much as to damage it and look at the damage nine times. */
const DAMAGED_PER_WHOLE = 9;
/** Of a frame that was read by its layout, with other digits: cheap to make, and most go by the layout as well. */
const REDIGITED_PER_WHOLE = 10;

/** What was done to a frame since it was made. */
type Treatment = 'none' | 'digits' | 'damage';

/**
 * One connection's worth of frames: a decoder that has seen nothing yet, a few layouts that come and go, values that
 * are mostly plain, and most frames damaged. Each frame lies somewhere in a buffer full of old bytes, which lies
 * somewhere in a larger one.
 */
export class Session {
  private readonly random: Random;
  private readonly yesPrices: boolean;
  private readonly decoder: FrameDecoder;
  /** The way that had the last word on the last frame. */
  private way: Way = 'byLayout';
  private isScanOnly = false;
  private readonly oracle = new Oracle(LISTED);
  private readonly layouts: readonly Layout[];
  private readonly buffer: Buffer;
  private readonly whole = Buffer.alloc(ROOM);
  private current: Layout;
  /** Layouts never seen before come up all the time. */
  private readonly isWild: boolean;

  constructor(seed: number, make: Maker = engineDecoder) {
    const r = new Random(seed);
    const tickers = new TickerTable();
    for (const ticker of LISTED) tickers.add(ticker);
    this.random = r;
    this.yesPrices = r.once(2);
    this.isWild = r.once(12);
    this.decoder = make(tickers, this.yesPrices);
    this.watch(this.decoder);
    this.layouts = Array.from({ length: 1 + r.below(r.once(4) ? 12 : 5) }, () => layout(r));
    this.current = r.of(this.layouts);
    this.buffer = Buffer.from(new ArrayBuffer(ROOM + 64), r.below(9), ROOM);
    for (let i = 0; i < ROOM; i++) this.buffer[i] = r.below(256);
  }

  /** Notice which way a frame goes, and cut the last one short where it is not asked for. */
  private watch(decoder: FrameDecoder): void {
    const scanner = decoder['scanner'];
    const scanKeys = scanner.scanKeys.bind(scanner);
    const decodeFully = decoder.decodeFully.bind(decoder);
    scanner.scanKeys = (bytes, from, to) => {
      this.way = 'byKeys';
      return scanKeys(bytes, from, to);
    };
    decoder.decodeFully = (bytes, from, to) => {
      this.way = 'byParser';
      if (!this.isScanOnly) return decodeFully(bytes, from, to);
      decoder.kind = Frame.Garbage;
      return decoder.kind;
    };
  }

  /** Make and judge `frames` frames. @throws Error that tells the frame and what is wrong with its reading */
  run(frames: number, tally: Tally): void {
    const { random: r, buffer, whole } = this;
    for (let n = 0; n < frames; n++) {
      if (r.once(5)) this.current = this.isWild && r.once(3) ? layout(r) : r.of(this.layouts);
      const length = whole.write(frame(this.current, r));
      let damaged = r.below(2 * DAMAGED_PER_WHOLE + 1);
      let redigited = 0;
      for (let treatment: Treatment = 'none'; n < frames; n++) {
        const from = r.below(600);
        let to = from + whole.copy(buffer, from, 0, length);
        tally.frames++;
        if (treatment === 'digits') {
          tally.redigited++;
          redigit(buffer, from, to, r);
        } else if (treatment === 'damage') {
          tally.damaged++;
          for (let more = 1 + r.below(r.once(4) ? 4 : 1); more > 0; more--) to = damage(buffer, from, to, r);
        }
        const fault = this.judge(from, to, treatment, tally);
        if (fault === '') {
          if (treatment === 'none' && this.way === 'byLayout') redigited = r.below(2 * REDIGITED_PER_WHOLE + 1);
          if (redigited-- > 0) treatment = 'digits';
          else if (damaged-- > 0) treatment = 'damage';
          else break;
          continue;
        }
        const shown = JSON.stringify(buffer.toString('latin1', from, to));
        throw new Error(`frame ${n}, levels in ${this.yesPrices ? 'YES' : 'NO'} money: ${fault}\n${shown}`);
      }
    }
  }

  private judge(from: number, to: number, treatment: Treatment, tally: Tally): string {
    const { decoder, buffer, oracle, yesPrices, random } = this;
    const isWhole = treatment === 'none';
    this.way = 'byLayout' as Way;
    // A damaged frame the scanner hands on is mostly no JSON at all, and an exception costs more than twenty frames.
    this.isScanOnly = !isWhole && !random.once(40);
    // As a part of the large buffer, or as a view of its own.
    const kind = random.once(8) ? decoder.decode(buffer.subarray(from, to)) : decoder.decodeIn(buffer, from, to);
    if (this.isScanOnly && this.way === 'byParser') {
      tally.handedOn++;
      return '';
    }
    const readable = oracle.read(buffer, from, to, yesPrices);
    if (kind !== Frame.Delta && kind !== Frame.Trade) {
      tally.refused++;
      if (this.way !== 'byParser') return 'refused without asking the parser';
      if (decoder.reason === '' && kind !== Frame.Other && kind < Frame.Subscribed) return 'refused without a reason';
      if (!readable) return '';
      if (!repeatsKey(buffer.toString('utf8', from, to))) return `refused (${decoder.reason}), and JSON.parse reads it`;
      tally.repeated++;
      return '';
    }
    tally[this.way]++;
    if (kind === Frame.Trade) tally.trades++;
    if (treatment === 'damage') tally.damagedRead++;
    if (readable) return this.difference('JSON.parse');
    if (isWhole) return 'read, and JSON.parse refuses it';
    tally.pastDamage++;
    if (!oracle.readText(withoutUnread(buffer.toString('latin1', from, to), kind === Frame.Trade), yesPrices))
      return 'read, and JSON.parse refuses it even without the fields nobody reads';
    return this.difference('JSON.parse without the fields nobody reads');
  }

  private difference(against: string): string {
    const { decoder: d, oracle: o } = this;
    const same =
      d.kind === o.kind &&
      d.sid === o.sid &&
      d.seq === o.seq &&
      d.id === o.id &&
      d.market === o.market &&
      d.side === o.side &&
      Object.is(d.price, o.price) &&
      Object.is(d.count, o.count) &&
      d.timeMs === o.timeMs &&
      d.isBlockTrade === o.isBlockTrade &&
      d.reason === '' &&
      d.type === '' &&
      d.detail === null &&
      d.ticker === o.ticker;
    return same ? '' : `the decoder says ${said(d)}, ${against} ${said(o)}`;
  }
}

function said(d: FrameDecoder | Oracle): string {
  const { kind, sid, seq, id, market, side, price, count, timeMs, isBlockTrade, ticker } = d;
  return JSON.stringify({ kind, sid, seq, id, market, side, price, count, timeMs, isBlockTrade, ticker });
}

/** Frames of one session, on average half as many: long enough to be warm, short enough to be cold often. */
const MOST_PER_SESSION = 16_000;

/**
 * Sessions until there were `frames` frames. @throws Error that names the seed and the session: `only` runs that one
 */
export function fuzz(seed: number, frames: number, make: Maker = engineDecoder, only?: number): Tally {
  const tally = emptyTally();
  const { stackTraceLimit } = Error;
  // Half of the frames are refused by an exception, and its stack would take most of the time.
  Error.stackTraceLimit = 0;
  try {
    for (let n = only ?? 0; tally.frames < frames && (only === undefined || n === only); n++) {
      const own = new Random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(n + 1, 0x85ebca6b)).bits();
      const length = Math.min(frames - tally.frames, 1 + (own % MOST_PER_SESSION));
      try {
        new Session(own, make).run(length, tally);
      } catch (error) {
        throw new Error(`FUZZ_SEED=${seed} FUZZ_SESSION=${n}: ${(error as Error).message}`, { cause: error });
      }
    }
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  return tally;
}
