import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineStatus, OperatorCommand } from '../../engine/core/index.ts';
import { Random } from '../../engine/exchange/random.ts';
import { type CalendarWindow, GROUP_DEFAULTS } from '../../engine/risk/index.ts';
import { ASK, BID, type Count, formatPrice, type Price, type Side, type TimeUs } from '../../engine/units/index.ts';
import { BenchVenue, testConfig, USER } from '../support/bench-venue.ts';

/** More of them: `OPERATOR_SEEDS=40`. */
const SEEDS = Number(process.env['OPERATOR_SEEDS'] ?? 2);
const TICKERS = Array.from({ length: 8 }, (_, n) => `TST-${n}`);
const LIMIT = 6000 as Count;
const cents = (value: number): string => formatPrice((value * 100) as Price);

/** Operators, calendars, links, pauses and triggers at random, on markets that live, with or without lost messages. */
class Session {
  readonly venue: BenchVenue;
  private readonly random: Random;
  private readonly mids = new Map(TICKERS.map((ticker) => [ticker, 50]));
  private readonly paused = new Set<string>();
  private isLinked = true;

  constructor(seed: number, isFaulty: boolean) {
    const random = new Random(seed, 'operators');
    this.random = random;
    const windows = Array.from({ length: 4 }, (): CalendarWindow => {
      const from = 1_800_000_000_000_000 + random.integer(10, 70) * 1e6;
      const to = (from + random.integer(2, 15) * 1e6) as TimeUs;
      const tickers = random.next() < 0.5 ? ['*'] : [`TST-${random.integer(0, 7)}`];
      const action = random.next() < 0.5 ? 'pull' : 'reduceOnly';
      return { name: 'window', from: from as TimeUs, to, action, markets: { tickers, events: [], series: [] } };
    });
    const reset = seed % 2 === 0 ? 'coolOff' : 'operator';
    const config = testConfig(TICKERS, {
      groupLimit: 12_000 as Count,
      groups: { ...GROUP_DEFAULTS, reset, coolOffMs: 15_000, maxResets: 50, scaleToQuotes: seed % 2 },
      levels: { holdMs: 5000, pickOffPauseMs: 10_000, fillFloor: 25 },
      calendar: { windows, leadMs: 1000, lagMs: 1000, statusMs: 5000 },
    });
    const shardOf = (ticker: string): number => (Number(ticker.slice(4)) % 3 === 2 ? 2 : 0);
    const risk = { ...config.risk, maxPosition: LIMIT };
    this.venue = new BenchVenue({ ...config, risk }, { tier: 'advanced', shardOf, keepsLog: false });
    this.live();
    this.venue.start();
    if (!isFaulty) return;
    this.venue.faults = {
      onRequest: () => (random.next() < 0.01 ? { kind: 'unknown', reason: 'lost' } : null),
      onOutcome: (_, outcome) => (random.next() < 0.01 ? null : outcome),
      onFrame: (text) => (random.next() < 0.002 ? null : text),
    };
  }

  get status(): EngineStatus {
    return this.venue.engine.status();
  }

  step(n: number): void {
    if (n % 5 === 0) this.live();
    this.act(this.random.next());
    this.venue.run(100);
  }

  /** Fair weather, and somebody who resets what can be reset. */
  settle(): void {
    const { venue } = this;
    venue.faults = {};
    if (!this.isLinked) venue.linkUp();
    for (const ticker of this.paused) venue.lifecycle(ticker, 'activated');
    for (let n = 0; n < 90; n++) {
      if (n % 20 === 10) this.resetAll();
      this.quote();
      venue.run(1000);
    }
  }

  private act(draw: number): void {
    const { venue, paused } = this;
    if (draw < 0.005) this.tell('pause');
    else if (draw < 0.015) this.tell('resume');
    else if (draw < 0.021) this.tell('level 1');
    else if (draw < 0.024) this.tell('level 2');
    else if (draw < 0.027) this.tell('level 3');
    else if (draw < 0.04) this.resetAll();
    else if (draw < 0.044 && this.isLinked) this.link(false);
    else if (draw < 0.055 && !this.isLinked) this.link(true);
    else if (draw < 0.058) {
      const ticker = `TST-${this.random.integer(0, 7)}`;
      if (!paused.has(ticker)) venue.lifecycle(ticker, 'deactivated');
      paused.add(ticker);
    } else if (draw < 0.066) {
      for (const ticker of paused) venue.lifecycle(ticker, 'activated');
      paused.clear();
    }
  }

  private link(up: boolean): void {
    this.isLinked = up;
    if (up) this.venue.linkUp();
    else this.venue.linkDown();
  }

  private tell(command: OperatorCommand): void {
    this.venue.engine.onCommand(command, this.venue.timeUs as TimeUs);
  }

  private resetAll(): void {
    for (const { code, market } of this.status.halts) this.tell(`reset ${code}${market === '' ? '' : `/${market}`}`);
    this.tell('resume');
  }

  /** Others' quotes around the mid. */
  private quote(): void {
    for (const [ticker, mid] of this.mids) {
      this.venue.rest(ticker, BID, cents(mid - 2), 20);
      this.venue.rest(ticker, ASK, cents(mid + 2), 20);
    }
  }

  private live(): void {
    const { venue, random, mids } = this;
    for (const ticker of TICKERS) {
      const { ladder } = venue.exchange.markets.get(ticker)!;
      const mid = Math.max(10, Math.min(90, mids.get(ticker)! + random.integer(-1, 1)));
      mids.set(ticker, mid);
      for (const side of [BID, ASK] as const)
        for (const level of [...ladder.levels(side)])
          ladder.reduceBackground(side, level, ladder.background(side, level));
      if (this.paused.has(ticker) || random.next() > 0.1) continue;
      const side: Side = random.next() < 0.5 ? BID : ASK;
      if (ladder.best(side) >= 0) venue.trade(ticker, side, cents(side === BID ? 1 : 99), random.integer(1, 20));
    }
    this.quote();
  }
}

for (let seed = 1; seed <= SEEDS; seed++) {
  const isFaulty = seed % 2 === 0;
  test(`operators at random, seed ${seed}: what is to be pulled is pulled, what may only shrink shrinks, and all comes back`, () => {
    const session = new Session(seed, isFaulty);
    const { venue } = session;
    const graceUs = isFaulty ? 14_000_000 : 900_000;
    const since = { pulled: 0, reducing: 0 };
    const held = new Map<string, number>();
    let looks = 0;
    const lasts = (key: keyof typeof since, holds: boolean): boolean => {
      if (!holds) since[key] = 0;
      else if (since[key] === 0) since[key] = venue.timeUs;
      return holds && venue.timeUs - since[key] > graceUs;
    };
    for (let n = 0; n < 800; n++) {
      session.step(n);
      const { level, paused, linkUp } = session.status;
      const isPulled = lasts('pulled', level >= 2 || paused || !linkUp);
      const isReducing = lasts('reducing', level >= 1);
      if (isPulled || isReducing) looks++;
      if (isPulled) assert.equal(venue.exchange.restingOf(USER).length, 0, `level ${level}, paused ${paused}`);
      for (const ticker of TICKERS) {
        const [now, before] = [venue.position(ticker), held.get(ticker) ?? 0];
        held.set(ticker, now);
        assert.ok(Math.abs(now) <= LIMIT, `${ticker}: ${now}`);
        const shrinks = now === before || (Math.abs(now) < Math.abs(before) && now * before >= 0);
        if (isReducing) assert.ok(shrinks, `${ticker} at level ${level}: from ${before} to ${now}`);
      }
    }
    assert.ok(isFaulty || looks > 50, `${looks} looks`);
    session.settle();
    const { halts, markets, unknownOrders, liveOrders, groups } = session.status;
    assert.deepEqual([halts, unknownOrders, venue.refusals429], [[], 0, 0]);
    assert.equal(liveOrders, venue.exchange.restingOf(USER).length);
    assert.ok(groups.every(({ life }) => life === 'armed'));
    const quiet = markets.flatMap((m) => [m.bid, m.ask].filter(({ reason }) => reason !== 'quoting'));
    assert.deepEqual(
      quiet.filter(({ reason }) => reason !== 'position_limit' && reason !== 'risk_refused').map((side) => side.reason),
      [],
    );
  });
}
