import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PRESETS, type PresetName } from '../../engine/exchange/synthetic/presets.ts';
import { CENTI_CENT } from '../../engine/market/index.ts';
import { ASK, BID, type Price, type Side, sideName } from '../../engine/units/index.ts';
import { dollars, lots } from './support/bench.ts';
import { checkBook } from './support/books.ts';
import { Simulation } from './support/simulation.ts';

const IDLE = { fill: () => {}, order: () => {}, position: () => {}, group: () => {} };

/** All that a world shows: book changes of the agents' liquidity, and trades. */
function record(simulation: Simulation): string[] {
  const seen: string[] = [];
  simulation.exchange.listeners.push({
    ...IDLE,
    delta: (ticker, side, price, delta, order) => {
      if (order === null) seen.push(`${ticker} ${sideName(side)} ${price} ${delta}`);
    },
    trade: (trade) => seen.push(`${trade.ticker} trade ${trade.price} ${trade.count} ${trade.time}`),
  });
  return seen;
}

function run(seed: number, steps: readonly number[]): string[] {
  const simulation = new Simulation(PRESETS.lively, 2, seed);
  const seen = record(simulation);
  for (const until of steps) simulation.world.advance(until);
  return seen;
}

/** Quote `count` contracts on both sides as account `us`, at prices in 1e-4 dollars; null for none. */
function quote(simulation: Simulation, ticker: string, prices: readonly (number | null)[], count = 1): void {
  const { exchange } = simulation;
  for (const order of exchange.restingOf('us')) if (order.ticker === ticker) exchange.remove(order, '');
  for (const side of [BID, ASK] as const) {
    const price = prices[side];
    if (price == null) continue;
    exchange.create('us', {
      ticker,
      side,
      price: price as Price,
      count: lots(count),
      timeInForce: 'good_till_canceled',
      selfTrade: 'taker_at_cross',
      clientOrderId: '',
      postOnly: true,
      reduceOnly: false,
      cancelOnPause: false,
      groupId: '',
      expirationSeconds: 0,
    });
  }
}

/** Post one contract at every best price. */
function quoteTouch(simulation: Simulation): void {
  for (const ticker of simulation.tickers) {
    const { ladder, listing } = simulation.exchange.markets.get(ticker)!;
    const best = [BID, ASK].map((side) => ladder.best(side as Side));
    quote(
      simulation,
      ticker,
      best.map((level) => (level < 0 ? null : listing.grid.price(level))),
    );
  }
}

function fund(simulation: Simulation): void {
  simulation.exchange.account('us').cash.set(0, dollars('1000000'));
}

describe('the agents of a synthetic market', () => {
  test('the same seed makes the same market in whatever steps time passes, another seed another', () => {
    const whole = run(5, [120]);
    assert.ok(whole.length > 200, `${whole.length}`);
    assert.deepEqual(
      run(
        5,
        Array.from({ length: 2400 }, (_, i) => (i + 1) / 20),
      ),
      whole,
    );
    assert.notDeepEqual(run(6, [120]), whole);
  });

  test('our orders change neither the truth nor when anybody comes and which way', () => {
    const observed = (quoting: boolean): { truth: string[]; takes: string[]; fills: number } => {
      const truth: string[] = [];
      const takes: string[] = [];
      const simulation = new Simulation(PRESETS.lively, 2, 9, {
        truth: (ticker, fair, at) => truth.push(`${at} ${ticker} ${fair}`),
        take: (ticker, kind, side, _, at) => {
          if (kind === 'noise') takes.push(`${at} ${ticker} ${side}`);
        },
      });
      fund(simulation);
      for (let at = 0; at <= 900; at += 5) {
        simulation.world.advance(at);
        if (quoting) quoteTouch(simulation);
      }
      return { truth, takes, fills: simulation.exchange.fills.length };
    };
    const without = observed(false);
    const quoted = observed(true);
    assert.ok(quoted.fills > 20, `${quoted.fills} fills`);
    assert.ok(without.takes.length > 300, `${without.takes.length} takes`);
    assert.deepEqual(quoted.truth, without.truth);
    assert.deepEqual(quoted.takes, without.takes);
  });

  test('the book stays sound with our orders in it', () => {
    const simulation = new Simulation(PRESETS.lively, 2, 3);
    fund(simulation);
    for (let at = 0; at <= 300; at++) {
      simulation.world.advance(at);
      quoteTouch(simulation);
      for (const ticker of simulation.tickers) checkBook(simulation.exchange, simulation.exchange.markets.get(ticker)!);
    }
  });

  test('a quote left standing when news breaks is picked off', () => {
    const simulation = new Simulation(PRESETS.liquid, 1, 4);
    fund(simulation);
    const [ticker] = simulation.tickers as [string];
    simulation.world.advance(60);
    quoteTouch(simulation);
    const before = simulation.world.fair(ticker);
    assert.equal(simulation.world.jump(ticker, 1), true);
    assert.ok(simulation.world.fair(ticker) > before);
    simulation.world.advance(90);
    const sold = simulation.exchange.fills.filter((f) => f.side === ASK);
    assert.equal(sold.length, 1);
    assert.ok(sold[0]!.price < 10_000 * simulation.world.fair(ticker));
  });

  test('a maker at the true value less 2 c, plus 2 c, makes 2 c a contract of noise, and less of the informed', () => {
    const earned = (informed: boolean): number => {
      const preset = {
        ...PRESETS.lively,
        diffusion: { ...PRESETS.lively.diffusion, volatility: 2 },
        makers: { ...PRESETS.lively.makers, halfSpreads: [] },
        patient: { ...PRESETS.lively.patient, perHour: 1e-9 },
        informed: { ...PRESETS.lively.informed, edge: informed ? 0 : 100, perHour: 3600 },
      };
      const simulation = new Simulation(preset, 1, 2, {}, CENTI_CENT);
      fund(simulation);
      const { world, exchange, tickers } = simulation;
      const [ticker] = tickers as [string];
      let edge = 0;
      let count = 0;
      for (let at = 0; at <= 900; at++) {
        const fair = 10_000 * world.fair(ticker);
        if (!informed || at % 60 === 0)
          quote(simulation, ticker, [Math.round(fair) - 200, Math.round(fair) + 200], 1000);
        const seen = exchange.fills.length;
        world.advance(at + 0.999);
        for (const fill of exchange.fills.slice(seen)) {
          edge += ((fill.side === BID ? fair - fill.price : fill.price - fair) / 100) * fill.count;
          count += fill.count;
        }
        world.advance(at + 1);
      }
      assert.ok(count > lots(1000), `${count}`);
      return edge / count;
    };
    assert.ok(Math.abs(earned(false) - 2) < 0.005, `${earned(false)}`);
    assert.ok(earned(true) < 1.5, `${earned(true)}`);
  });

  test('hours of trading leave no records behind', () => {
    const simulation = new Simulation(PRESETS.lively, 2, 1);
    simulation.world.advance(3600);
    const { exchange, tickers } = simulation;
    assert.deepEqual([exchange.orders.size, exchange.fills.length, exchange.usedClientIds.size], [0, 0, 0]);
    for (const ticker of tickers) {
      const { ladder, trades } = exchange.markets.get(ticker)!;
      assert.ok(trades.length <= 1000);
      let entries = 0;
      for (const side of [BID, ASK] as const)
        for (const at of ladder.levels(side)) entries += ladder.queue(side, at).length;
      assert.ok(entries > 4 && entries < 120, `${entries} entries`);
    }
  });

  test('a market listed later gets agents of its own, and one closed early has nothing left resting', () => {
    const simulation = new Simulation(PRESETS.lively, 1, 1);
    const { world, exchange, tickers } = simulation;
    world.advance(10.5);
    const { listing } = exchange.markets.get(tickers[0]!)!;
    const added = exchange.list({ ...listing, ticker: 'LATE' });
    world.add('LATE');
    world.advance(700);
    assert.ok(added.ladder.best(BID) >= 0 && added.trades.length > 50);
    listing.status = 'closed';
    world.advance(702);
    const { ladder } = exchange.markets.get(tickers[0]!)!;
    assert.deepEqual([ladder.best(BID), ladder.best(ASK)], [-1, -1]);
    const traded = added.trades.length;
    world.advance(800);
    assert.ok(added.trades.length > traded);
  });

  test('a market that stood still goes on where it was', () => {
    const times: number[] = [];
    const simulation = new Simulation(PRESETS.lively, 1, 1, { time: (at) => times.push(at) });
    const { world, exchange, tickers } = simulation;
    const { listing, trades, ladder } = exchange.markets.get(tickers[0]!)!;
    world.advance(100);
    listing.status = 'inactive';
    const traded = trades.length;
    const bid = ladder.total(BID, ladder.best(BID));
    world.advance(400);
    assert.deepEqual([trades.length, ladder.total(BID, ladder.best(BID))], [traded, bid]);
    listing.status = 'active';
    world.advance(500);
    assert.ok(trades.length > traded + 10 && trades.length < traded + 150, `${trades.length - traded} trades`);
    assert.ok(times.every((at, i) => i === 0 || at >= times[i - 1]!));
    const mid = (listing.grid.price(ladder.best(BID)) + listing.grid.price(ladder.best(ASK))) / 2;
    assert.ok(Math.abs(mid / 10_000 - world.fair(tickers[0]!)) < 0.04);
  });

  for (const name of Object.keys(PRESETS) as PresetName[]) {
    test(`${name}: quotes both sides at once, and at its end nothing rests and the outcome is known`, () => {
      const preset = { ...PRESETS[name], hours: 0.05 };
      const settled: string[] = [];
      const simulation = new Simulation(preset, 3, 2, { settled: (ticker, yes) => settled.push(`${ticker} ${yes}`) });
      const { world, exchange, tickers } = simulation;
      world.advance(0);
      for (const ticker of tickers) {
        const { ladder } = exchange.markets.get(ticker)!;
        assert.ok(ladder.best(BID) >= 0 || ladder.best(ASK) >= 0, ticker);
      }
      world.advance(170);
      const fair = tickers.map((ticker) => world.fair(ticker));
      if (preset.truth === 'outcomes') assert.ok(Math.abs(fair.reduce((a, b) => a + b, 0) - 1) < 1e-9);
      world.advance(200);
      assert.equal(world.isOver, true);
      assert.equal(world.jump(tickers[0]!, 1), false);
      assert.equal(settled.length, 3);
      if (preset.truth === 'outcomes') assert.equal(settled.filter((s) => s.endsWith('true')).length, 1);
      for (const ticker of tickers) {
        assert.ok([0, 1].includes(world.fair(ticker)));
        const { ladder } = exchange.markets.get(ticker)!;
        assert.deepEqual([ladder.best(BID), ladder.best(ASK)], [-1, -1]);
      }
    });
  }
});
