import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveSynthetic } from '../../engine/exchange/synthetic/live.ts';
import { PRESETS } from '../../engine/exchange/synthetic/presets.ts';
import { BID } from '../../engine/units/index.ts';
import { Bench, START_US } from './support/bench.ts';

test('at the end of an event its markets settle by their true outcomes: who holds every leg is paid exactly one', () => {
  const preset = { ...PRESETS.event, hours: 0.05 };
  const bench = new Bench({ markets: { A: 0, B: 0, C: 0 }, closeTime: START_US + 180_000_000 }).fund('a', '1000');
  const world = new LiveSynthetic(bench.exchange, ['A', 'B', 'C'], { preset, seed: 3 });
  world.advance();
  for (const ticker of ['A', 'B', 'C']) bench.place('a', BID, 99, 5, { ticker, timeInForce: 'immediate_or_cancel' });
  const before = bench.cash('a');
  for (let second = 0; second < 250; second++) {
    bench.pass(1_000_000);
    bench.exchange.tick();
    world.advance();
  }
  for (const { listing, outcome } of bench.exchange.markets.values()) {
    assert.equal(listing.status, 'finalized');
    assert.equal(outcome?.result, world.world.fair(listing.ticker) === 1 ? 'yes' : 'no');
  }
  assert.equal((bench.cash('a') - before).toFixed(4), '5.0000');
});
