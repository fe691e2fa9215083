import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { surveyFeed } from '../../engine/exchange/survey.ts';
import { CENTI_CENT, DECI_CENT, LINEAR_CENT, TAPERED_DECI_CENT } from '../../engine/market/index.ts';
import { ASK, BID } from '../../engine/units/index.ts';
import { delta, oneBatch, print, type Shot, snapshot, Tape } from './support/tape.ts';

describe('recordings that contradict themselves stop with their line', () => {
  const cases: readonly [string, readonly Shot[], RegExp][] = [
    ['a delta before its snapshot', [delta('yes', 50, 5)], /^line 1: delta for M comes before its snapshot$/],
    [
      'more removed than there is',
      [snapshot([[50, 3]]), delta('yes', 50, -4)],
      /^line 2: delta for M removes 4 contracts at 50c where the recording shows 3$/,
    ],
    [
      'a side that is none',
      [snapshot([]), { raw: { side: 'maybe' } }],
      /^line 2: .*side is "maybe", expected yes or no$/,
    ],
    ['a price that is none', [snapshot([]), { raw: { price_dollars: '1.5' } }], /^line 2: .*15000/],
    ['a count that is none', [snapshot([]), { raw: { delta_fp: null } }], /^line 2: .*count is undefined$/],
    [
      'a price off the grid',
      [snapshot([]), delta('yes', 50.5, 1)],
      /^line 2: delta for M has a price of 50.5c, which is not/,
    ],
    ['text that is no JSON', [{ text: '{"type":' }], /^line 1: recorded frame cannot be played: /],
    [
      'a side that is no list',
      [{ text: '{"type":"orderbook_snapshot","msg":{"market_ticker":"M","yes":5}}' }],
      /^line 1: .*the yes side/,
    ],
    [
      'a level that is no pair',
      [{ text: '{"type":"orderbook_snapshot","msg":{"market_ticker":"M","yes":[5]}}' }],
      /^line 1: .*pair/,
    ],
    ['a negative level', [snapshot([[50, -3]])], /^line 1: .*negative/],
    ['a trade of nothing', [snapshot([]), print(50, 0, 'no')], /^line 2: .*trade of 0/],
  ];
  for (const [name, frames, message] of cases) {
    test(name, () => {
      assert.throws(() => new Tape().play(...frames), { message });
    });
  }
});

describe('forms of recordings', () => {
  test('the old cents form and the fixed-point form give the same book', () => {
    const old = new Tape();
    old.raw({ type: 'orderbook_snapshot', msg: { market_ticker: 'M', yes: [[36, 600]], no: [[54, 20]] } });
    old.raw({ type: 'orderbook_delta', msg: { market_ticker: 'M', side: 'no', price: 54, delta: -5 } });
    const now = new Tape();
    now.raw({
      type: 'orderbook_snapshot',
      msg: { market_ticker: 'M', yes_dollars_fp: [['0.3600', '600.00']], no_dollars_fp: [['0.5400', '20.00']] },
    });
    now.raw({
      type: 'orderbook_delta',
      msg: { market_ticker: 'M', side: 'no', price_dollars: '0.5400', delta_fp: '-5.00' },
    });
    for (const t of [old, now]) {
      assert.equal(t.recorded(BID, 36), 600);
      assert.equal(t.recorded(ASK, 46), 15);
    }
  });

  test('recordings in YES money', () => {
    const t = new Tape({ yesPrices: true });
    t.raw({ type: 'orderbook_snapshot', msg: { market_ticker: 'M', no_dollars_fp: [['0.5200', '1.00']] } });
    assert.equal(t.recorded(ASK, 52), 1);
  });

  test('frames of other kinds, and of markets that are not listed, are counted and left alone', () => {
    const t = new Tape().play(snapshot([[50, 10]]));
    t.raw({ type: 'ticker', msg: { market_ticker: 'M' } });
    t.raw({ type: 'ok', sid: 1, seq: 4 });
    t.raw({ type: 'trade', msg: { market_ticker: 'Z', yes_price: 5, count: 1, taker_side: 'yes' } });
    assert.deepEqual(t.playback.counts, { applied: 1, ignored: 3, trades: 0 });
  });
});

describe('the first pass over a recording', () => {
  const survey = (...prices: string[]) =>
    surveyFeed(
      oneBatch(
        prices.map((p) => ({
          type: 'orderbook_delta',
          msg: { market_ticker: 'M', side: 'yes', price_dollars: p, delta_fp: '1.00' },
        })),
      ),
      false,
    );

  test('finds the coarsest grid that holds every price', async () => {
    for (const [prices, grid] of [
      [['0.5000', '0.0100'], LINEAR_CENT],
      [['0.5000', '0.0990'], TAPERED_DECI_CENT],
      [['0.5010', '0.0100'], DECI_CENT],
      [['0.5001'], CENTI_CENT],
    ] as const) {
      assert.equal((await survey(...prices)).markets.get('M'), grid, prices.join(' '));
    }
  });

  test('a price at which nothing can rest is named with its line', async () => {
    await assert.rejects(survey('0.5000', '1.0000'), /^Error: line 2: .* 100c/);
  });

  test('a market with trades alone has no book; its trades count for the grid of one that has', async () => {
    const trade = {
      type: 'trade',
      msg: { market_ticker: 'M', yes_price_dollars: '0.5005', count_fp: '1.00', taker_side: 'no' },
    };
    assert.equal((await surveyFeed(oneBatch([trade]), false)).markets.size, 0);
    const both = [{ type: 'orderbook_snapshot', msg: { market_ticker: 'M' } }, trade];
    assert.equal((await surveyFeed(oneBatch(both), false)).markets.get('M'), CENTI_CENT);
  });
});
