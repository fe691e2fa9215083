import { TIERS } from '../../engine/exchange/buckets.ts';
import { Random } from '../../engine/exchange/random.ts';
import { PRESETS, type Preset } from '../../engine/exchange/synthetic/presets.ts';
import { Synthetic } from '../../engine/exchange/synthetic/synthetic.ts';
import { SCHEDULE_DEFAULTS } from '../../engine/quoting/index.ts';
import { ASK, BID, type Count, type Money, type Side, type TimeUs } from '../../engine/units/index.ts';
import { BenchVenue, testConfig, USER } from '../../test/support/bench-venue.ts';
import { FairMaker, type Quoting } from './fair-maker.ts';
import type { Policy } from './policies.ts';

export interface Setting {
  readonly tier: string;
  readonly markets: number;
  readonly seed: number;
  /** How long is measured, seconds of simulated time. */
  readonly seconds: number;
}

/** What came of one policy in one world. Stale is what lies a cent or more beyond the true fair value. */
export interface Outcome {
  /** Sum over fills of contracts x (fair - price), seen from our side, against the true fair value then; dollars. */
  readonly edge: number;
  readonly tokens: number;
  readonly fills: number;
  /** The part of `edge` lost to fills of stale orders, dollars, positive. */
  readonly pickedOff: number;
  /** All contracts of ours that rested, over time. */
  readonly restingContractSeconds: number;
  readonly staleOrderSeconds: number;
  readonly staleContractSeconds: number;
  /** Contracts times how far they are beyond, dollars, over time. */
  readonly staleDollarSeconds: number;
  /** For every market that common news left with a stale order of ours: until there was none, milliseconds. */
  readonly safeAfterMs: readonly number[];
  readonly refusals: number;
  /** Markets whose book differs from the exchange's at the end and stays so. */
  readonly wrongBooks: number;
  readonly halted: boolean;
}

/** News and takers come far more often than in the presets, so that minutes tell something. */
const NEWS = { volatility: 1, jumpsPerHour: 20, jumpSize: 0.3 };
/** Every tenth market is busy, three of ten are ordinary, the others are thin. */
const KINDS: readonly { readonly preset: Preset; readonly quoting: Quoting }[] = [
  { preset: busier(PRESETS.lively, 1800, 360), quoting: { halfSpread: 100, contracts: 40 } },
  { preset: busier(PRESETS.mid, 360, 120), quoting: { halfSpread: 120, contracts: 20 } },
  { preset: busier(PRESETS.thin, 60, 30), quoting: { halfSpread: 200, contracts: 10 } },
];
const KIND_OF_TEN = [0, 1, 2, 1, 2, 1, 2, 2, 2, 2];
/**
 * Common news come on average every so often and move neighbouring markets at once, by as much and the same way: mostly a
 * tenth of all (an event's markets where there are a hundred), sometimes half of them.
 */
const SHOCK_SECONDS = 6;
const SHOCK_SIZE = 0.4;
const SHOCK_SHARES = [0.1, 0.1, 0.1, 0.5];
/** So far beyond the true fair value an order is stale, 1e-4 dollars. */
const STALE = 100;
const STEP_MS = 10;
const PLENTY = 1_000_000_000_000_000;

/**
 * One policy in one world: the real engine against the embedded exchange, its token buckets and its synthetic traders,
 * in simulated time. The same seed gives the same truth, news and traders whatever the policy does.
 */
export function simulate(policy: Policy, { tier, markets, seed, seconds }: Setting): Outcome {
  // Ten markets an event: an event is read with all its markets.
  const tickers = Array.from({ length: markets }, (_, n) => `KXSCHED${n < 10 ? '' : Math.floor(n / 10)}-${n}`);
  const kindOf = (ticker: string): (typeof KINDS)[number] => KINDS[KIND_OF_TEN[Number(ticker.split('-')[1]) % 10]!]!;
  const quoting = new Map(tickers.map((ticker) => [ticker, kindOf(ticker).quoting]));
  const worlds = new Map<string, Synthetic>();
  const strategy = new FairMaker(
    (ticker) => worlds.get(ticker)!.fair(ticker),
    (ticker) => quoting.get(ticker)!,
  );
  const base = testConfig(tickers);
  const config = testConfig(tickers, {
    risk: {
      maxPosition: 1_000_000_000 as Count,
      maxOrderCount: 1_000_000 as Count,
      maxOrdersPerMarket: 12,
      maxOrders: 10_000,
      maxCapital: PLENTY as Money,
      priceBand: 9999,
    },
    cashMismatch: 'warn',
    maxSessionLoss: PLENTY as Money,
    groupLimit: 100_000_000 as Count,
    quoteOneSided: true,
    closeGuardMs: 0,
    replace: policy.replace,
    scheduler: { ...SCHEDULE_DEFAULTS, ...policy.terms },
    timing: { ...base.timing, reconcileMs: 3_600_000, quietCheckMs: 3_600_000 },
  });
  const venue = new BenchVenue(config, { tier, strategy, keepsLog: false });
  venue.exchange.account(USER).cash.set(0, PLENTY as Money);
  const open = venue.timeUs;
  for (const kind of KINDS) {
    const mine = tickers.filter((ticker) => kindOf(ticker) === kind);
    const world = new Synthetic(venue.exchange, mine, { preset: kind.preset, seed });
    for (const ticker of mine) worlds.set(ticker, world);
  }
  const all = new Set(worlds.values());
  const shocks = new Random(seed, 'shocks');
  let nextShock = shocks.exponential(SHOCK_SECONDS);
  const found = {
    edge: 0,
    fills: 0,
    pickedOff: 0,
    restingContractSeconds: 0,
    staleOrderSeconds: 0,
    staleContractSeconds: 0,
    staleDollarSeconds: 0,
  };
  const safeAfterMs: number[] = [];
  /** Markets that news left with a stale order, and when. */
  const exposed = new Map<string, number>();
  let isMeasuring = false;
  /** Markets with a stale order. Measured: what is stale a step after the truth moved, when what could be done is done. */
  const look = (measures: boolean): Set<string> => {
    const stale = new Set<string>();
    for (const { ticker, side, price, remainingCount } of venue.exchange.restingOf(USER)) {
      const loss = -gainAt(worlds, ticker, side, price);
      const contractSeconds = (remainingCount / 100) * (STEP_MS / 1000);
      if (measures) found.restingContractSeconds += contractSeconds;
      if (loss < STALE) continue;
      stale.add(ticker);
      if (!measures) continue;
      found.staleOrderSeconds += STEP_MS / 1000;
      found.staleContractSeconds += contractSeconds;
      found.staleDollarSeconds += (contractSeconds * loss) / 10_000;
    }
    return stale;
  };
  const shock = (): void => {
    const size = (shocks.next() < 0.5 ? -1 : 1) * SHOCK_SIZE;
    const first = shocks.integer(0, markets - 1);
    const share = SHOCK_SHARES[shocks.integer(0, SHOCK_SHARES.length - 1)]!;
    const hit = Array.from(
      { length: Math.max(1, Math.round(markets * share)) },
      (_, n) => tickers[(first + n) % markets]!,
    );
    for (const ticker of hit) worlds.get(ticker)!.jump(ticker, size);
    if (!isMeasuring) return;
    const stale = look(false);
    for (const ticker of hit) if (stale.has(ticker) && !exposed.has(ticker)) exposed.set(ticker, venue.timeUs);
  };
  const step = (): void => {
    venue.run(STEP_MS);
    if (isMeasuring) {
      const stale = look(true);
      for (const [ticker, since] of exposed) {
        if (stale.has(ticker)) continue;
        exposed.delete(ticker);
        safeAfterMs.push((venue.timeUs - since) / 1000);
      }
    }
    const now = (venue.timeUs - open) / 1e6;
    for (const world of all) world.advance(now);
    const isNews = now >= nextShock;
    if (isNews) {
      nextShock = now + shocks.exponential(SHOCK_SECONDS);
      shock();
    }
    // Once a second, and with common news, the fair values are new: every market is looked at, as after a command.
    if (isNews || Math.round(now * 1000) % 1000 < STEP_MS) venue.engine.onCommand('resume', venue.timeUs as TimeUs);
  };
  venue.linkUp();
  // So long it takes until all that is wanted can have been placed once.
  const warmUp = 10 + (2 * markets * 10) / TIERS[tier]!.write;
  const ready = (): boolean => venue.engine.phase === 'running' && (venue.timeUs - open) / 1e6 >= warmUp;
  for (let n = 0; n < 12_000 && !ready(); n++) step();
  if (!ready()) throw new Error(`the engine does not quote: ${venue.engine.phase}`);

  const spentBefore = venue.engine.status().writeSpent;
  isMeasuring = true;
  let seen = venue.exchange.fills.length;
  const until = venue.timeUs + seconds * 1e6;
  while (venue.timeUs < until) {
    step();
    for (; seen < venue.exchange.fills.length; seen++) {
      const fill = venue.exchange.fills[seen]!;
      if (fill.userId !== USER) continue;
      const gain = gainAt(worlds, fill.ticker, fill.side, fill.price);
      found.fills++;
      found.edge += (gain * fill.count - fill.fee) / 1e6;
      if (gain <= -STALE) found.pickedOff -= (gain * fill.count) / 1e6;
    }
  }
  // Still stale at the end: it took at least so long.
  for (const since of exposed.values()) safeAfterMs.push((venue.timeUs - since) / 1000);
  const status = venue.engine.status();
  const tokens = status.writeSpent - spentBefore;
  // Only we still act: a book differs while something of ours is on its way, a wrong one stays wrong.
  venue.run(500);
  let wrong = tickers;
  for (let n = 0; n < 50 && wrong.length > 0; n++) {
    venue.run(STEP_MS);
    wrong = wrong.filter((ticker) => !isBookEqual(venue, ticker));
  }
  return {
    ...found,
    safeAfterMs,
    tokens,
    refusals: venue.refusals429,
    wrongBooks: wrong.length,
    halted: status.halts.length > 0,
  };
}

function busier(preset: Preset, noisePerHour: number, informedPerHour: number): Preset {
  return {
    ...preset,
    diffusion: NEWS,
    noise: { ...preset.noise, perHour: noisePerHour },
    informed: { ...preset.informed, perHour: informedPerHour, racers: 3, raceSeconds: 1 },
  };
}

/** What a contract bought or sold at `price` is expected to gain, 1e-4 dollars. */
function gainAt(worlds: ReadonlyMap<string, Synthetic>, ticker: string, side: Side, price: number): number {
  const fair = 10_000 * worlds.get(ticker)!.fair(ticker);
  return side === BID ? fair - price : price - fair;
}

function isBookEqual(venue: BenchVenue, ticker: string): boolean {
  const { ladder, listing } = venue.exchange.markets.get(ticker)!;
  const { bids, asks } = venue.engine.book(ticker);
  for (const side of [BID, ASK] as const) {
    const ours = side === BID ? bids : asks;
    const theirs = [...ladder.levels(side)].map((at) => `${listing.grid.price(at)} ${ladder.total(side, at)}`);
    const mine = ours.map(([price, count]) => `${price} ${count}`);
    if (theirs.sort().join() !== mine.sort().join()) return false;
  }
  return true;
}
