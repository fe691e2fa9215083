import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { EngineConfig, SideStatus } from '../../engine/core/index.ts';
import { plainLines, screenLines } from '../../engine/ops/screen.ts';
import { clearingText, isReason, type QuietReason, REASONS, type Strategy } from '../../engine/quoting/index.ts';
import { ASK, BID, type Count, type Money, type Price, type TimeUs } from '../../engine/units/index.ts';
import { BenchVenue, testConfig } from '../support/bench-venue.ts';

const T = 'TST-A';
const NO_LATENCY = { count: 0, p50Us: -1, p99Us: -1, maxUs: -1 };

function listed(
  overrides: Partial<EngineConfig> = {},
  options: ConstructorParameters<typeof BenchVenue>[1] = {},
): BenchVenue {
  const venue = new BenchVenue(testConfig([T], overrides), options);
  venue.rest(T, BID, '0.4500', 100);
  venue.rest(T, ASK, '0.5500', 100);
  return venue;
}

const bid = (venue: BenchVenue): SideStatus => venue.engine.status().markets[0]!.bid;

/** The bid's reason, its numbers, and that people are told of both in either form. */
function shows(venue: BenchVenue, reason: QuietReason, has: number | null, needs: number | null): void {
  const side = bid(venue);
  assert.deepEqual([side.reason, side.has, side.needs], [reason, has, needs]);
  assert.notEqual(side.clears, '');
  const status = venue.engine.status();
  for (const lines of [screenLines(status, NO_LATENCY, 'test'), plainLines(status, NO_LATENCY)]) {
    const text = lines.join('\n');
    assert.ok(text.includes(`${reason}: ${REASONS[reason].about}`) && text.includes(`to clear: ${side.clears}`), text);
  }
}

test('every code says what it means and what clears it, and the page lists them all', () => {
  const page = readFileSync(path.join(import.meta.dirname, '..', '..', 'docs', 'strategies.md'), 'utf8');
  for (const [code, info] of Object.entries(REASONS)) {
    assert.notEqual(info.about, '');
    assert.equal(info.clears === '', code === 'quoting');
    assert.equal(info.unit === '', info.must === '');
    const numbers = info.unit === '' ? '-' : `${info.unit}, ${info.must}`;
    assert.ok(page.includes(`| \`${code}\` | ${info.about} | ${numbers} | ${info.clears || '-'} |`), code);
  }
  assert.ok(isReason('no_edge') && !isReason('toString') && !isReason(7));
});

test('the number that clears a reason, in words', () => {
  assert.equal(clearingText('no_tokens', 4.004, 30), '4 tokens, must be at least 30');
  assert.equal(clearingText('position_limit', 200, 200), '200 contracts, must be below 200');
  assert.equal(clearingText('no_tokens', Number.NaN, 30), '');
  assert.equal(clearingText('paused', 1, 2), '');
});

test('before the start: how many answers are missing', () => {
  const venue = listed();
  venue.linkUp();
  venue.run(20);
  const side = bid(venue);
  assert.equal(side.reason, 'starting');
  assert.ok(side.has! > 0 && side.needs === 0, JSON.stringify(side));
});

test('quoted: nothing to clear', () => {
  const venue = listed();
  venue.start();
  const { reason, clears } = bid(venue);
  assert.deepEqual([reason, clears], ['quoting', '']);
});

test('paused, then resumed', () => {
  const venue = listed();
  venue.start();
  venue.engine.onCommand('pause', venue.timeUs as TimeUs);
  shows(venue, 'paused', null, null);
});

test('a feed that is down: for how long', () => {
  const venue = listed();
  venue.start();
  venue.linkDown();
  venue.run(3000);
  const side = bid(venue);
  assert.equal(side.reason, 'link_down');
  assert.ok(Math.abs(side.has! - 3) < 0.1);
});

test('a close that comes near: seconds left against the guard', () => {
  const venue = listed({ closeGuardMs: 86_390_000 });
  venue.start();
  venue.run(20_000);
  const side = bid(venue);
  assert.deepEqual([side.reason, side.needs], ['closing_soon', 86_390]);
  assert.ok(side.has! > 86_300 && side.has! < 86_390);
});

test('the position limit: contracts held against it', () => {
  const venue = listed({}, { strategy: full });
  venue.start();
  shows(venue, 'position_limit', 200, 200);
});

test('stale quotes: what three ticks would cost, and how long pulling takes by tokens and round trip', () => {
  const strategy: Strategy = {
    name: 'two',
    quote: (_, quotes) => {
      quotes.bid(4900 as Price, 1000 as Count);
      quotes.ask(5200 as Price, 2000 as Count);
    },
  };
  const venue = listed({}, { strategy });
  venue.start();
  venue.run(2000);
  const { stale, markets } = venue.engine.status();
  // The others' mid is 50, whatever we quote inside. Down to 47 the bid loses 10 x 2c, up to 53 the ask 20 x 1c.
  assert.deepEqual([stale.ticks, stale.loss, markets[0]!.staleLoss], [3, 200_000, 200_000]);
  // 2 ms each way, seen in steps of 10 ms; tokens are there.
  assert.ok(stale.roundTripMs >= 4 && stale.roundTripMs <= 30, `${stale.roundTripMs}`);
  assert.equal(stale.pullMs, stale.roundTripMs / 2);
});

test('the jump that stale quotes are judged by is a setting; with nobody else in the book it starts from our own mid', () => {
  const strategy: Strategy = {
    name: 'two',
    quote: (_, quotes) => {
      quotes.bid(4900 as Price, 1000 as Count);
      quotes.ask(5200 as Price, 2000 as Count);
    },
  };
  const venue = listed({ staleTicks: 5, quoteOneSided: true }, { strategy });
  venue.start();
  venue.unrest(T, BID, '0.4500', 100);
  venue.unrest(T, ASK, '0.5500', 100);
  venue.run(2000);
  const { stale } = venue.engine.status();
  // Mid 50.5: five cents down the bid loses 10 x 3.5c, up the ask 20 x 3.5c.
  assert.deepEqual([stale.ticks, stale.loss], [5, 700_000]);
});

/** It says in numbers why it wants nothing. */
const full: Strategy = {
  name: 'full',
  quote: (view, quotes) => {
    quotes.none(BID, 'position_limit', view.positionLimit / 100, view.positionLimit / 100);
    quotes.none(ASK, 'no_edge', 0.4, 1);
  },
};

test('a budget too small: tokens there against tokens needed', () => {
  const venue = listed({ budget: { ...testConfig([T]).budget, share: 0.05 } });
  venue.start();
  const side = bid(venue);
  assert.deepEqual([side.reason, side.needs, side.unit], ['no_tokens', 30, 'tokens']);
  assert.ok(side.has! < 30);
});

test('a market that is not open: what the exchange says it is', () => {
  const venue = listed();
  venue.start();
  venue.lifecycle(T, 'deactivated');
  venue.run(100);
  assert.match(bid(venue).clears, /the exchange says inactive, must be active/);
});

test('a halt: what its own words say', () => {
  const venue = listed({ maxSessionLoss: 1 as Money, groupLimit: 100_000 as Count });
  venue.start();
  venue.trade(T, BID, '0.4500', 30);
  venue.unrest(T, BID, '0.4500', 100);
  venue.rest(T, BID, '0.2000', 100);
  venue.run(3000);
  assert.deepEqual(
    [bid(venue).reason, bid(venue).clears],
    ['halted', 'decide about the loss, then restart the daemon'],
  );
});

test('an order refused: seconds until the next try, with what the exchange said', () => {
  const venue = listed();
  venue.faults.onOutcome = (request, outcome) =>
    request.op !== 'createOrders' || outcome.kind !== 'response'
      ? outcome
      : { kind: 'response', status: 400, body: '{"error":{"code":"invalid_order","message":"no","details":"no"}}' };
  venue.start();
  const side = bid(venue);
  assert.equal(side.reason, 'exchange_refused');
  assert.ok(side.has! > 0 && side.has! <= 5 && side.needs === 0);
  assert.notEqual(side.detail, '');
});
