import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pullMs, type RestingQuote, staleLoss } from '../../engine/quoting/index.ts';
import { ASK, BID, count, price, type Side } from '../../engine/units/index.ts';

const quote = (side: Side, cents: number, contracts: number): RestingQuote => {
  return { side, price: price(cents * 100), count: count(contracts * 100) };
};
const dollars = (amount: number): number => Math.round(amount * 1_000_000);

test('fair 50, a fall of 3 cents to 47: bids at 49 and 48 lose 2 and 1 cents a contract, one at 47 nothing', () => {
  const quotes = [quote(BID, 49, 10), quote(BID, 48, 20), quote(BID, 47, 500), quote(ASK, 55, 500)];
  // 10 x 2c + 20 x 1c = 40c.
  assert.equal(staleLoss(quotes, 5000, 300), dollars(0.4));
});

test('the worse direction counts, not both: the fair value jumps one way', () => {
  const quotes = [quote(BID, 49, 10), quote(ASK, 51, 30)];
  // Down to 47: 10 x 2c = 20c. Up to 53: 30 x 2c = 60c.
  assert.equal(staleLoss(quotes, 5000, 300), dollars(0.6));
});

test('a move within our edge costs nothing; fractions of a cent and of a contract count', () => {
  const quotes = [quote(BID, 48, 10)];
  assert.equal(staleLoss(quotes, 5000, 200), 0);
  // Fair 50.25 down to 47.75: 0.25c x 0.5 contracts = 0.125c.
  assert.equal(staleLoss([quote(BID, 48, 0.5)], 5025, 250), dollars(0.00125));
  assert.equal(staleLoss([], 5000, 300), 0);
});

test('time to pull: half a round trip with tokens for every cancel, and the wait for those that are missing', () => {
  const means = {
    orders: 12,
    cancelCost: 2,
    triggerCost: Number.POSITIVE_INFINITY,
    tokens: 24,
    tokensPerSecond: 100,
    roundTripMs: 40,
  };
  assert.equal(pullMs(means), 20);
  // 24 needed, 4 there: 20 tokens at 100 a second are 200 ms.
  assert.equal(pullMs({ ...means, tokens: 4 }), 220);
  assert.equal(pullMs({ ...means, tokens: -5 }), 260);
  assert.equal(pullMs({ ...means, orders: 0, tokens: 0 }), 0);
});

test('a hundred orders and few tokens: the group trigger is the cheaper way, and bounds the time', () => {
  const means = { orders: 100, cancelCost: 2, triggerCost: 10, tokens: 0, tokensPerSecond: 100, roundTripMs: 40 };
  // 10 tokens at 100 a second instead of 200.
  assert.equal(pullMs(means), 120);
  assert.equal(pullMs({ ...means, orders: 3 }), 80, 'three cancels are cheaper still');
});
