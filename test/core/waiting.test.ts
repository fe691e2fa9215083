import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type MarketView,
  type Quotes,
  SCHEDULE_DEFAULTS,
  type ScheduleOrder,
  type Strategy,
} from '../../engine/quoting/index.ts';
import { ASK, BID, type TimeUs } from '../../engine/units/index.ts';
import { createLadder } from '../../strategies/ladder/index.ts';
import { BenchVenue, testConfig } from '../support/bench-venue.ts';

const MARKETS = 40;
const TICKERS = Array.from({ length: MARKETS }, (_, n) => `TST-${n}`);

/** The ladder, counting how often it is asked. */
class Counting implements Strategy {
  readonly name = 'counting';
  asked = 0;
  private readonly ladder = createLadder({ levels: 2 });

  quote(view: MarketView, quotes: Quotes): void {
    this.asked++;
    this.ladder.quote(view, quotes);
  }
}

interface Run {
  readonly log: readonly string[];
  readonly asked: number;
  /** Rounds in which somebody waited. */
  readonly waited: number;
}

/**
 * Books that move at random, fills and a pause, with more to do than the tokens pay for. `always`: who waits is looked
 * at whenever time passes, as if tokens had come.
 */
function run(seed: number, order: ScheduleOrder, always: boolean, moves: number): Run {
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const base = testConfig(TICKERS);
  const strategy = new Counting();
  const config = testConfig(TICKERS, {
    risk: { ...base.risk, maxOrders: 1000 },
    scheduler: { ...SCHEDULE_DEFAULTS, order, maxWaitMs: 700 },
    groupLimit: 1_000_000 as typeof base.groupLimit,
  });
  const venue = new BenchVenue(config, { strategy });
  const { ctx } = venue.engine as unknown as { ctx: { mayServe: () => boolean; readonly someWait: boolean } };
  if (always) ctx.mayServe = () => true;
  // Not two of them alike, so that what is worth most is never a matter of chance.
  for (const [n, ticker] of TICKERS.entries()) {
    venue.rest(ticker, BID, `0.${40 + (n % 9)}00`, 100 + 7 * n);
    venue.rest(ticker, ASK, `0.${52 + (n % 7)}00`, 100 + 11 * n);
  }
  venue.linkUp();
  for (let n = 0; n < 500 && venue.engine.phase === 'starting'; n++) venue.run(20);
  let waited = 0;
  for (let n = 0; n < 250; n++) {
    for (let m = random(2 * moves + 1); m > 0; m--) {
      const ticker = TICKERS[random(MARKETS)]!;
      const size = 1 + random(300);
      if (random(40) === 0) venue.trade(ticker, random(2) === 0 ? BID : ASK, random(2) === 0 ? '0.4500' : '0.5000', 5);
      else if (random(2) === 0) venue.rest(ticker, BID, `0.${40 + random(10)}00`, size);
      else venue.rest(ticker, ASK, `0.${51 + random(10)}00`, size);
    }
    if (n === 150) venue.engine.onCommand('pause', venue.timeUs as TimeUs);
    if (n === 165) venue.engine.onCommand('resume', venue.timeUs as TimeUs);
    // Frames between two timers meet tokens that came since the last.
    venue.timeUs += random(9000);
    venue.run(10);
    if (ctx.someWait) waited++;
  }
  const { log } = venue;
  return { log, asked: strategy.asked, waited };
}

/** Seeds, and how many books move in ten milliseconds: none, and ever more. */
const QUIET = [1, 0] as const;
const SCENES: Readonly<Record<ScheduleOrder, readonly (readonly [seed: number, moves: number])[]>> = {
  value: [QUIET, [2, 1], [13, 2], [15, 3]],
  arrival: [QUIET, [5, 2]],
  round_robin: [QUIET, [6, 2]],
};

for (const order of ['value', 'arrival', 'round_robin'] as const) {
  test(`by ${order}: markets that wait for tokens are left alone until there are some, and the same is sent at the same times`, () => {
    for (const scene of SCENES[order]) {
      const [seed, moves] = scene;
      const [now, always] = [run(seed, order, false, moves), run(seed, order, true, moves)];
      assert.deepEqual(now.log, always.log, `seed ${seed}`);
      assert.ok(now.log.length > 100 && now.waited > 200, `${now.log.length} actions, waited in ${now.waited} rounds`);
      const least = scene === QUIET ? 3 : 1;
      assert.ok(always.asked > least * now.asked, `asked ${now.asked} times, ${always.asked} without`);
    }
  });
}
