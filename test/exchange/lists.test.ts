import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ASK, BID, formatRfc3339, type TimeUs } from '../../engine/units/index.ts';
import { START_US } from './support/bench.ts';
import { type Json, Venue } from './support/venue.ts';

const START = START_US / 1_000_000;
const HOUR = 3600;

describe('GET /markets', () => {
  const tickersOf = ({ body }: { body: Json }): string => (body['markets'] as Json[]).map((m) => m['ticker']).join('');

  /** Markets A to E, one in every state, that close an hour apart. */
  async function states(t: Parameters<typeof Venue.open>[0]): Promise<Venue> {
    const venue = await Venue.open(t, { markets: { A: 0, B: 0, C: 0, D: 0, E: 0 } });
    for (const [i, status] of (['initialized', 'active', 'inactive', 'closed', 'finalized'] as const).entries()) {
      const { listing } = venue.bench.market('ABCDE'[i]);
      listing.status = status;
      listing.openTime = ((START + i * HOUR) * 1_000_000) as TimeUs;
      listing.closeTime = ((START + (i + 5) * HOUR) * 1_000_000) as TimeUs;
    }
    return venue;
  }

  test('filters by status, names and times', async (t) => {
    const { a } = await states(t);
    for (const [query, found] of [
      ['', 'ABCDE'],
      ['status=unopened', 'A'],
      ['status=open', 'B'],
      ['status=paused', 'C'],
      ['status=closed', 'D'],
      ['status=settled', 'E'],
      ['status=', 'ABCDE'],
      ['tickers=E,A,NONE', 'AE'],
      ['event_ticker=B-EVENT', 'B'],
      ['series_ticker=SERIES', 'ABCDE'],
      ['series_ticker=OTHER', ''],
      [`min_created_ts=${START + HOUR}&max_created_ts=${START + 2 * HOUR}`, 'BC'],
      [`min_close_ts=${START + 8 * HOUR}`, 'DE'],
      [`max_close_ts=${START + 8 * HOUR}&status=closed`, 'D'],
      [`min_updated_ts=${START + 3 * HOUR}`, 'E'],
      [`min_updated_ts=${START}&mve_filter=exclude`, 'BCDE'],
      ['mve_filter=only', ''],
      ['mve_filter=exclude', 'ABCDE'],
    ] as const)
      assert.equal(tickersOf(await a.get(`/markets?${query}`)), found, query);
  });

  test('finds a market by when it was settled, and no other', async (t) => {
    const { a, bench } = await Venue.open(t, { markets: { A: 0, B: 0 } });
    const { lifecycle } = bench.exchange;
    lifecycle.moveClose('A', bench.exchange.now());
    lifecycle.determine('A', 'yes');
    lifecycle.settle('A');
    const at = Math.floor(bench.timeUs / 1_000_000);
    assert.equal(tickersOf(await a.get(`/markets?min_settled_ts=${at}`)), 'A');
    assert.equal(tickersOf(await a.get(`/markets?min_settled_ts=${at + 1}`)), '');
  });

  test('refuses words and combinations that are none', async (t) => {
    const { a } = await Venue.open(t);
    for (const query of [
      'status=active',
      'mve_filter=all',
      'min_close_ts=soon',
      'min_close_ts=1&max_created_ts=2',
      'min_close_ts=1&status=open',
      'min_created_ts=1&status=settled',
      'min_updated_ts=1&status=open',
      'min_updated_ts=1&event_ticker=X',
      'limit=1.5',
      'limit=-1',
    ]) {
      const reply = await a.get(`/markets?${query}`);
      assert.equal(reply.status, 400, `${query}: ${reply.text}`);
    }
  });
});

describe('events and series', () => {
  test('are what their markets make of them', async (t) => {
    const { a, bench } = await Venue.open(t, { markets: { M: 0, N: 0 }, closeTime: START_US + 1_000_000 });
    const eventsOf = async (query: string): Promise<unknown[]> =>
      ((await a.get(`/events?${query}`)).body['events'] as Json[]).map((e) => e['event_ticker']);
    assert.deepEqual(await eventsOf('limit=1'), ['M-EVENT']);
    assert.deepEqual(await eventsOf('status=open&series_ticker=SERIES'), ['M-EVENT', 'N-EVENT']);
    assert.deepEqual(await eventsOf('tickers=N-EVENT'), ['N-EVENT']);
    assert.deepEqual(await eventsOf(`min_close_ts=${START + 1}`), ['M-EVENT', 'N-EVENT']);
    assert.deepEqual(await eventsOf(`min_close_ts=${START + 2}`), []);
    bench.market('N').listing.status = 'finalized';
    assert.deepEqual(await eventsOf('status=settled'), ['N-EVENT']);
    const nested = (await a.get('/events?with_nested_markets=true&with_milestones=true')).body;
    assert.equal(((nested['events'] as Json[])[0]!['markets'] as Json[])[0]!['ticker'], 'M');
    assert.deepEqual(nested['milestones'], []);
    assert.equal((await a.get('/events?limit=201')).status, 400);
    assert.equal((await a.get('/events?status=paused')).status, 400);
    assert.equal((await a.get('/events/NONE')).status, 404);
    assert.equal((await a.get('/events/NONE/metadata')).status, 404);
    assert.equal((await a.get('/events/M-EVENT/metadata')).status, 200);
    assert.deepEqual((await a.get('/events/multivariate')).body, { events: [], cursor: '' });
    assert.equal((await a.get('/events/multivariate?series_ticker=A&collection_ticker=B')).status, 400);
    assert.deepEqual((await a.get('/events/fee_changes')).body, { event_fee_changes: [], cursor: '' });
    const series = (await a.get('/series?include_volume=true')).body['series'] as Json[];
    assert.deepEqual(
      [series[0]!['ticker'], series[0]!['fee_multiplier'], series[0]!['volume_fp']],
      ['SERIES', 1, '0.00'],
    );
    assert.deepEqual((await a.get('/series?category=Sports')).body['series'], []);
    assert.equal((await a.get('/series/NONE')).status, 404);
  });
});

describe('incentive programs', () => {
  const hour = (n: number): TimeUs => (START_US + n * HOUR * 1_000_000) as TimeUs;
  const program = (id: string, from: number, until: number, more = {}) => ({
    id,
    ticker: 'M',
    type: 'liquidity' as const,
    description: 'd',
    from: hour(from),
    until: hour(until),
    periodReward: 1_000_000,
    paidOut: false,
    ...more,
  });

  test('are those the exchange is configured with, by status and type', async (t) => {
    const incentives = [
      program('now', -1, 1, { targetSize: '100.00', discountFactorBps: 5000 }),
      program('soon', 1, 2, { type: 'volume' }),
      program('over', -2, -1),
      program('paid', -2, -1, { paidOut: true }),
    ];
    const { a } = await Venue.open(t, {}, { incentives });
    for (const [query, ids] of [
      ['', 'now soon over paid'],
      ['status=active', 'now'],
      ['status=upcoming', 'soon'],
      ['status=closed', 'over'],
      ['status=paid_out', 'paid'],
      ['type=volume', 'soon'],
      ['incentive_description=other', ''],
    ] as const) {
      const { body } = await a.get(`/incentive_programs?${query}`);
      assert.equal((body['incentive_programs'] as Json[]).map((p) => p['id']).join(' '), ids, query);
    }
    const page = (await a.get('/incentive_programs?limit=3')).body;
    const last = (await a.get(`/incentive_programs?limit=3&cursor=${String(page['next_cursor'])}`)).body;
    assert.deepEqual([(last['incentive_programs'] as Json[])[0]!['id'], last['next_cursor']], ['paid', '']);
    assert.equal((await a.get('/incentive_programs?limit=10001')).status, 400);
    assert.equal((await a.call('GET', '/incentive_programs', undefined, {})).status, 200, 'unsigned');
  });
});

test('positions tell when they last changed, and only what is asked for', async (t) => {
  const venue = await Venue.open(t, { markets: { A: 0, B: 0 } });
  for (const ticker of ['A', 'B']) {
    venue.bench.background(ASK, 50, 1, ticker);
    await venue.a.order({ ticker, price: '0.5000' });
    venue.bench.pass(1_000_000);
  }
  venue.bench.background(BID, 40, 1, 'A');
  await venue.a.order({ ticker: 'A', side: 'ask' });
  venue.bench.pass(5_000_000);
  const found = async (filter: string): Promise<unknown[]> => {
    const { body } = await venue.a.get(`/portfolio/positions${filter}`);
    return (body['market_positions'] as Json[]).map((p) => [p['ticker'], p['last_updated_ts']]);
  };
  const [closed, open] = [
    ['A', formatRfc3339((START_US + 2_000_000) as TimeUs)],
    ['B', formatRfc3339((START_US + 1_000_000) as TimeUs)],
  ];
  assert.deepEqual(await found(''), [closed, open]);
  assert.deepEqual(await found('?count_filter=position'), [open]);
  assert.deepEqual(await found('?count_filter=total_traded'), [closed, open]);
  assert.deepEqual(await found('?count_filter=position,total_traded'), [closed, open]);
  assert.match((await venue.a.get('/portfolio/positions?count_filter=volume')).text, /CountFilter/);
});
