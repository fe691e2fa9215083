import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Strategy } from '../../engine/quoting/index.ts';
import { ASK, BID, type Count, type Price, type TimeUs } from '../../engine/units/index.ts';
import { createLadder } from '../../strategies/ladder/index.ts';
import { BenchVenue, testConfig } from '../support/bench-venue.ts';

const [A, B, C] = ['TST-A', 'TST-B', 'TST-C'] as const;
const ALL = [A, B, C] as const;

function listed(strategy: Strategy): BenchVenue {
  const venue = new BenchVenue(testConfig(ALL), { strategy });
  for (const ticker of ALL) {
    venue.rest(ticker, BID, '0.4000', 100);
    venue.rest(ticker, ASK, '0.6000', 100);
  }
  venue.start();
  return venue;
}

/** Reads what it is told to by ticker, and notes who was asked. */
class Reader implements Strategy {
  readonly name = 'reader';
  readonly reads: Record<string, readonly string[]> = { [A]: ['x'], [B]: ['y'], [C]: [] };
  asked: string[] = [];

  quote(view: Parameters<Strategy['quote']>[0], quotes: Parameters<Strategy['quote']>[1]): void {
    this.asked.push(view.ticker);
    for (const name of this.reads[view.ticker]!) view.external(name);
    quotes.bid(4500 as Price, 100 as Count);
  }
}

test('a new number has only those markets asked again that read its name when they were last asked', () => {
  const reader = new Reader();
  const venue = listed(reader);
  const time = venue.timeUs as TimeUs;
  const askedBy = (name: string, value: number): string => {
    reader.asked = [];
    venue.engine.onValue(name, value, time);
    return reader.asked.join(' ');
  };
  assert.equal(askedBy('x', 1), A);
  assert.equal(askedBy('y', 1), B);
  assert.equal(askedBy('z', 1), '', 'nobody reads it');
  assert.equal(askedBy('x', 1), '', 'the same number again');
  assert.equal(askedBy('x', 2), A);
  reader.reads[A] = ['y'];
  assert.equal(askedBy('x', 3), A, 'it is heard to read something else now');
  assert.equal(askedBy('x', 4), '');
  assert.equal(askedBy('y', 4), `${B} ${A}`);
});

test('a source that dies while the books are silent: the quotes are pulled when its value is too old, not when a book moves', () => {
  const venue = listed(createLadder({ fairValue: 'external', staleSeconds: 2 }));
  const quotes = (ticker: string): number => venue.resting(ticker, BID).length + venue.resting(ticker, ASK).length;
  assert.equal(quotes(A), 0);
  assert.equal(venue.engine.status().markets[0]!.bid.reason, 'no_fair_value');
  const at = venue.timeUs as TimeUs;
  for (const ticker of [A, B]) venue.engine.onValue(ticker, 0.5, at, at);
  venue.run(1000);
  assert.deepEqual([quotes(A), quotes(B), quotes(C)], [4, 4, 0]);
  // B's goes on, with the same number: that is enough.
  venue.engine.onValue(B, 0.5, venue.timeUs as TimeUs);
  venue.run(1600);
  assert.deepEqual([quotes(A), quotes(B)], [0, 4]);
  const { reason, has, needs, clears } = venue.engine.status().markets[0]!.ask;
  assert.deepEqual([reason, needs], ['external_stale', 2]);
  assert.ok(has! > 2 && has! <= 2.6, `${has}`);
  assert.match(clears, /^2\.\d+ seconds, must be at most 2$/);
  venue.engine.onValue(A, 0.5, venue.timeUs as TimeUs);
  venue.run(1000);
  assert.equal(quotes(A), 4);
});

test('a value that was old when it came is old: its own time counts, not that of its reading', () => {
  const venue = listed(createLadder({ fairValue: 'external', staleSeconds: 2 }));
  const old = (venue.timeUs - 3_000_000) as TimeUs;
  venue.engine.onValue(A, 0.5, venue.timeUs as TimeUs, old);
  venue.run(500);
  assert.deepEqual([venue.resting(A, BID).length, venue.engine.status().markets[0]!.bid.reason], [0, 'external_stale']);
  // And an older one never replaces a newer one.
  venue.engine.onValue(A, 0.5, venue.timeUs as TimeUs);
  venue.engine.onValue(A, 0.2, venue.timeUs as TimeUs, old);
  venue.run(1000);
  assert.deepEqual(
    venue
      .resting(A, BID)
      .map((o) => o.price)
      .sort(),
    [4800, 4900],
  );
});

test('quotes follow the value', () => {
  const venue = listed(createLadder({ fairValue: 'external', levels: 1 }));
  venue.engine.onValue(A, 0.5, venue.timeUs as TimeUs);
  venue.run(500);
  venue.engine.onValue(A, 0.45, venue.timeUs as TimeUs);
  venue.run(500);
  assert.deepEqual([venue.resting(A, BID)[0]!.price, venue.resting(A, ASK)[0]!.price], [4400, 4600]);
});
