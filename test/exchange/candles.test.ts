import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { Candles, merged } from '../../engine/exchange/candles.ts';
import { ASK, BID } from '../../engine/units/index.ts';
import { Bench, START_US } from './support/bench.ts';
import { type Json, Venue } from './support/venue.ts';

const MINUTE_US = 60_000_000;
const START = START_US / 1_000_000;
/** End of the minute in which benches start. */
const FIRST = (Math.floor(START / 60) + 1) * 60;

const ohlc = (range: unknown): string[] => {
  const { open_dollars, high_dollars, low_dollars, close_dollars } = range as Record<string, string>;
  return [open_dollars!, high_dollars!, low_dollars!, close_dollars!];
};

/** A market with two minutes of life, a quiet one between them: trades at 50c, 60c, then at 40c. */
async function lived(t: TestContext): Promise<Venue> {
  const venue = await Venue.open(t);
  const { bench } = venue;
  bench.place('b', ASK, 50, 2);
  bench.place('b', ASK, 60, 2);
  bench.place('a', BID, 60, 3, { timeInForce: 'immediate_or_cancel' });
  bench.pass(2 * MINUTE_US);
  bench.place('b', BID, 40, 1);
  bench.place('a', ASK, 40, 1);
  return venue;
}

const url = (from: number, to: number, minutes: number, more = ''): string =>
  `/series/SERIES/markets/M/candlesticks?start_ts=${from}&end_ts=${to}&period_interval=${minutes}${more}`;

describe('candlesticks', () => {
  test('are what traded and what was quoted, by the minute; a quiet minute has none', async (t) => {
    const { a } = await lived(t);
    const { body } = await a.get(url(START, FIRST + 600, 1));
    assert.equal(body['ticker'], 'M');
    const [first, second, ...more] = body['candlesticks'] as Json[];
    assert.deepEqual([first!['end_period_ts'], second!['end_period_ts'], more.length], [FIRST, FIRST + 120, 0]);
    assert.deepEqual(ohlc(first!['price']), ['0.5000', '0.6000', '0.5000', '0.6000']);
    assert.equal((first!['price'] as Json)['mean_dollars'], '0.5333');
    assert.ok(!('previous_dollars' in (first!['price'] as Json)), 'nothing traded before');
    assert.deepEqual([first!['volume_fp'], first!['open_interest_fp']], ['3.00', '3.00']);
    // Empty, then 50c on offer, then 60c when that was gone.
    assert.deepEqual(ohlc(first!['yes_ask']), ['0.5000', '0.6000', '0.5000', '0.6000']);
    assert.deepEqual(ohlc(second!['price']), ['0.4000', '0.4000', '0.4000', '0.4000']);
    assert.equal((second!['price'] as Json)['previous_dollars'], '0.6000');
    assert.deepEqual(ohlc(second!['yes_bid']), ['0.0000', '0.4000', '0.0000', '0.0000']);
    assert.deepEqual([second!['volume_fp'], second!['open_interest_fp']], ['1.00', '2.00']);
  });

  test('of an hour or a day put the minutes together', async (t) => {
    const { a } = await lived(t);
    for (const minutes of [60, 1440]) {
      const { body } = await a.get(url(START, START + 86_400, minutes));
      const [whole, ...more] = body['candlesticks'] as Json[];
      assert.equal(more.length, 0);
      assert.equal((whole!['end_period_ts'] as number) % (minutes * 60), 0);
      assert.deepEqual(ohlc(whole!['price']), ['0.5000', '0.6000', '0.4000', '0.4000']);
      assert.deepEqual([whole!['volume_fp'], (whole!['price'] as Json)['mean_dollars']], ['4.00', '0.5000']);
    }
  });

  test('before the asked-for time are carried to its first period on demand', async (t) => {
    const { a } = await lived(t);
    const from = FIRST + 300;
    assert.deepEqual((await a.get(url(from, from + 60, 1))).body['candlesticks'], []);
    const { body } = await a.get(url(from, from + 60, 1, '&include_latest_before_start=true'));
    const [carried] = body['candlesticks'] as Json[];
    assert.deepEqual(carried!['price'], { previous_dollars: '0.4000' });
    assert.deepEqual([carried!['end_period_ts'], carried!['volume_fp']], [from, '0.00']);
  });

  test('of several markets and of an event come together', async (t) => {
    const { a } = await lived(t);
    const span = `start_ts=${START}&end_ts=${FIRST + 600}&period_interval=1`;
    const several = (await a.get(`/markets/candlesticks?market_tickers=M,NONE&${span}`)).body['markets'] as Json[];
    assert.deepEqual(
      several.map((m) => [m['market_ticker'], (m['candlesticks'] as unknown[]).length]),
      [['M', 2]],
    );
    const event = await a.get(`/series/SERIES/events/M-EVENT/candlesticks?${span}`);
    assert.deepEqual(event.body['market_tickers'], ['M']);
    assert.equal((event.body['market_candlesticks'] as unknown[][])[0]!.length, 2);
  });

  test('are refused where the question makes no sense', async (t) => {
    const { a } = await Venue.open(t);
    for (const [query, status] of [
      [`end_ts=${START}&period_interval=1`, 400],
      [`start_ts=${START}&end_ts=${START}&period_interval=5`, 400],
      [`start_ts=${START}&end_ts=${START - 1}&period_interval=1`, 400],
      [`start_ts=0&end_ts=${START}&period_interval=1`, 400],
      [`start_ts=x&end_ts=${START}&period_interval=1`, 400],
      [`start_ts=${START}&end_ts=${START + 600_000}&period_interval=1`, 200],
    ] as const)
      assert.equal((await a.get(`/series/SERIES/markets/M/candlesticks?${query}`)).status, status, query);
    assert.equal((await a.get(url(START, START, 1).replace('SERIES', 'OTHER'))).status, 404);
    const many = Array.from({ length: 101 }, () => 'M').join();
    const span = `start_ts=${START}&end_ts=${START}&period_interval=1`;
    assert.equal((await a.get(`/markets/candlesticks?market_tickers=${many}&${span}`)).status, 400);
    assert.equal((await a.get(`/markets/candlesticks?${span}`)).status, 400);
  });

  test('are kept for two days of busy minutes and no longer', () => {
    const bench = new Bench();
    const candles = new Candles(bench.exchange);
    for (let n = 0; n < 3000; n++) {
      bench.background(BID, 40, 1);
      bench.pass(MINUTE_US);
    }
    assert.equal(candles.of('M').length, 2880);
    assert.equal(merged(candles.of('M'), 3600).length, 49);
  });
});
