import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../engine/exchange/random.ts';
import { ASK, BID } from '../../engine/units/index.ts';
import { BenchVenue, testConfig } from '../support/bench-venue.ts';

const T = 'TST-A';
const SEEDS = Number(process.env['CHAOS_SEEDS'] ?? 40);

test('quotes do not chase themselves: a book that stands still costs no writes, whichever message comes first', () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = new Random(seed, 'calm');
    const venue = new BenchVenue(testConfig([T]));
    const bid = random.integer(40, 50);
    const ask = bid + random.integer(2, 5);
    for (let n = 0; n < 4; n++) {
      venue.rest(T, BID, `0.${bid - random.integer(0, 4)}00`, random.integer(1, 20));
      venue.rest(T, ASK, `0.${ask + random.integer(0, 4)}00`, random.integer(1, 20));
    }
    const slowAnswers = random.next() < 0.5;
    venue.latencyUs = slowAnswers ? 1000 : 60_000;
    venue.travelUs = () => (slowAnswers ? 60_000 : 1000);
    venue.start();
    venue.run(20_000);
    const before = venue.requests.filter((r) => r.method !== 'GET').length;
    venue.run(20_000);
    const writes = venue.requests.filter((r) => r.method !== 'GET').length - before;
    assert.equal(writes, 0, `seed ${seed}`);
  }
});
