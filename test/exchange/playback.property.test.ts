import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { feedFrames } from '../../engine/cli/feed-file.ts';
import { Playback } from '../../engine/exchange/playback.ts';
import { surveyFeed } from '../../engine/exchange/survey.ts';
import { readTapeEvent } from '../../engine/exchange/tape.ts';
import { ASK, BID, opposite, type Price, type Side } from '../../engine/units/index.ts';
import { Bench } from './support/bench.ts';
import { checkBook } from './support/books.ts';
import { delta, print, type Shot, snapshot, Tape } from './support/tape.ts';

const BIDS = [50, 49, 48, 47];
const ASKS = [53, 54, 55, 56];

/** A step of a recording, made to fit the recorded book when its turn comes, or an act of ours. */
interface Step {
  readonly kind: 'add' | 'remove' | 'fill' | 'trade' | 'late' | 'snapshot' | 'rest' | 'better' | 'take' | 'cancel';
  readonly side: Side;
  readonly level: number;
  readonly size: number;
  readonly after: number;
}

const step = (kinds: readonly Step['kind'][]): fc.Arbitrary<Step> =>
  fc.record({
    kind: fc.constantFrom(...kinds),
    side: fc.constantFrom<Side>(BID, ASK),
    level: fc.nat(3),
    size: fc.integer({ min: 1, max: 15 }),
    after: fc.constantFrom(0, 1, 20, 100, 240, 300),
  });

/** Plays random recordings that are true to themselves, and knows the recorded book and volume on the side. */
class Random {
  readonly tape = new Tape();
  readonly book: readonly [Map<number, number>, Map<number, number>] = [new Map(), new Map()];
  /** Volume by which the recording can have filled anybody. */
  volume = 0;
  private readonly taken = new Set<'took'>();

  constructor() {
    for (const c of BIDS) this.book[BID].set(c, 20);
    for (const c of ASKS) this.book[ASK].set(c, 20);
    this.tape.play(this.snapshot());
  }

  get consumed(): boolean {
    return this.taken.size > 0;
  }

  private snapshot(): Shot {
    const levels = (side: Side): [number, number][] => [...this.book[side]].filter(([, n]) => n > 0);
    return snapshot(levels(BID), levels(ASK));
  }

  step({ kind, side, level, size, after }: Step): void {
    const c = (side === BID ? BIDS : ASKS)[level]!;
    const leg = side === BID ? 'yes' : 'no';
    const there = this.book[side].get(c) ?? 0;
    const gone = Math.min(size, there);
    const taker = side === BID ? 'no' : 'yes';
    switch (kind) {
      case 'add':
        this.set(side, c, there + size);
        this.volume += size;
        return this.play({ ...delta(leg, c, size), after });
      case 'remove':
      case 'fill':
        if (gone === 0) return;
        this.set(side, c, there - gone);
        if (kind === 'fill') this.volume += gone;
        return this.play({ ...delta(leg, c, -gone, kind === 'fill' ? 'fill' : 'cancel'), after });
      case 'trade':
      case 'late': {
        if (gone === 0) return;
        this.set(side, c, there - gone);
        this.volume += gone;
        const told = [print(c, gone, taker), delta(leg, c, -gone)];
        const [first, second] = kind === 'trade' ? told : told.reverse();
        return this.play({ ...first!, after }, { ...second!, after: after % 200 });
      }
      case 'snapshot':
        this.volume += [...this.book[side].values()].reduce((sum, n) => sum + n, 0);
        this.taken.clear();
        return this.play(this.snapshot());
      default:
        return this.ours(kind, side, c, size);
    }
  }

  private ours(kind: Step['kind'], side: Side, c: number, size: number): void {
    const { bench } = this.tape;
    if (kind === 'rest') this.tape.place(side, c, size, { postOnly: true });
    else if (kind === 'better') {
      const passive = bench.market().ladder.best(opposite(side));
      const at = side === BID ? 51 : 52;
      if (passive < 0 || (side === BID ? passive > at - 1 : passive < at - 1)) this.tape.place(side, at, size);
    } else if (kind === 'cancel') {
      const order = bench.exchange.restingOf('a')[0];
      if (order !== undefined) bench.exchange.cancel('a', order.orderId);
    } else {
      const order = this.tape.place(side, side === BID ? 56 : 47, size, {
        timeInForce: 'immediate_or_cancel',
        selfTrade: 'maker',
      });
      if (order.fillCount > 0) this.taken.add('took');
    }
  }

  private play(...shots: Shot[]): void {
    this.tape.play(...shots);
  }

  private set(side: Side, c: number, n: number): void {
    this.book[side].set(c, n);
  }

  /** Displayed without ours against recorded, at every level. */
  compare(exactly: boolean): void {
    for (const side of [BID, ASK] as const) {
      for (const c of side === BID ? BIDS : ASKS) {
        const shown = this.tape.recorded(side, c);
        const wanted = this.book[side].get(c) ?? 0;
        if (exactly) assert.equal(shown, wanted, `level ${c}`);
        else assert.ok(shown <= wanted, `level ${c} shows ${shown} of ${wanted}`);
      }
    }
  }

  /** Contracts that our resting orders were filled with. */
  get filled(): number {
    return this.tape.fills.filter((f) => !f.isTaker).reduce((sum, f) => sum + f.count, 0) / 100;
  }
}

const RECORDED = ['add', 'remove', 'fill', 'trade', 'late', 'snapshot'] as const;

describe('random recordings', () => {
  test('what is displayed and not ours is what was recorded, after every frame, while we only rest behind it', () => {
    const steps = fc.array(step([...RECORDED, 'rest', 'rest', 'cancel']), { minLength: 10, maxLength: 80 });
    fc.assert(
      fc.property(steps, (list) => {
        const random = new Random();
        for (const s of list) {
          random.step(s);
          random.compare(true);
          checkBook(random.tape.bench.exchange, random.tape.bench.market());
        }
        assert.ok(random.filled <= random.volume);
      }),
      { numRuns: 400, seed: 7 },
    );
  });

  test('with own takers and orders inside the spread it is never more, and our fills never exceed recorded volume', () => {
    const acts = ['rest', 'better', 'take', 'cancel'] as const;
    const steps = fc.array(step([...RECORDED, ...acts]), { minLength: 10, maxLength: 80 });
    fc.assert(
      fc.property(steps, (list) => {
        const random = new Random();
        for (const s of list) {
          random.step(s);
          random.compare(false);
          assert.ok(random.filled <= random.volume, `${random.filled} filled of ${random.volume}`);
          checkBook(random.tape.bench.exchange, random.tape.bench.market());
        }
      }),
      { numRuns: 400, seed: 11 },
    );
  });

  test('a trade fills the same whether its removal is flagged, or comes before or after its print', () => {
    const run = (kind: 'fill' | 'trade' | 'late', list: readonly Step[]): string => {
      const random = new Random();
      for (const s of list) random.step(s.kind === 'fill' ? { ...s, kind, after: 0 } : { ...s, after: 300 });
      const { bench } = random.tape;
      return [BID, ASK]
        .flatMap((side) => (side === BID ? BIDS : ASKS).map((c) => `${c}: ${bench.queue(side as Side, c)}`))
        .join('\n');
    };
    fc.assert(
      fc.property(fc.array(step(['add', 'fill', 'fill', 'rest', 'rest']), { maxLength: 40 }), (list) => {
        const flagged = run('fill', list);
        assert.equal(run('trade', list), flagged);
        assert.equal(run('late', list), flagged);
      }),
      { numRuns: 300, seed: 13 },
    );
  });
});

describe('real recordings play to their end', () => {
  const recordings = [
    ['cents_sp500range_20230410', false],
    ['fp_prod_kxbtc_20260418', false],
    ['fp_demo_tennis_noleg_20260611', false],
    ['fp_demo_tennis_yes_20260611', true],
    ['fp_prod_every_channel_20260520', false],
  ] as const;
  for (const [name, yesPrices] of recordings) {
    test(name, async (t) => {
      const path = `../shared/feeds/${name}.ndjson.gz`;
      if (!existsSync(path)) return t.skip('recording absent');
      const frames = feedFrames(path);
      const { markets, frames: count } = await surveyFeed(frames(), yesPrices);
      const bench = new Bench({ markets: {} });
      for (const [ticker, grid] of markets) bench.list(ticker, 0, { grid });
      const playback = new Playback(bench.exchange, yesPrices);
      const book = new Map<string, number>();
      for await (const batch of frames()) {
        for (const frame of batch) {
          playback.apply(frame);
          keep(book, frame.text, yesPrices);
        }
      }
      assert.equal(playback.counts.applied + playback.counts.ignored, count);
      assert.ok(playback.counts.applied > 0);
      for (const [key, wanted] of book) {
        const [ticker, side, price] = key.split(' ') as [string, string, string];
        const { ladder, listing } = bench.market(ticker);
        assert.equal(ladder.total(Number(side) as Side, listing.grid.level(Number(price) as Price)), wanted, key);
      }
      for (const ticker of markets.keys()) checkBook(bench.exchange, bench.market(ticker));
    });
  }
});

/** The plainest possible book: counts by market, side and price. */
function keep(book: Map<string, number>, text: string, yesPrices: boolean): void {
  const event = readTapeEvent(text, yesPrices);
  if (event?.kind === 'delta') {
    const key = `${event.ticker} ${event.side} ${event.price}`;
    book.set(key, (book.get(key) ?? 0) + event.delta);
  } else if (event?.kind === 'snapshot') {
    for (const key of [...book.keys()]) if (key.startsWith(`${event.ticker} `)) book.set(key, 0);
    for (const side of [BID, ASK] as const) {
      const flat = side === BID ? event.bids : event.asks;
      for (let i = 0; i < flat.length; i += 2) book.set(`${event.ticker} ${side} ${flat[i]}`, flat[i + 1]!);
    }
  }
}
