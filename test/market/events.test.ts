import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type EventFacts,
  type EventGroup,
  EventGroups,
  type EventMarket,
  type EventOptions,
  holds,
  intervalOf,
  type Strike,
} from '../../engine/market/index.ts';
import {
  eventBody,
  Frame,
  FrameDecoder,
  type LifecycleMessage,
  marketsPage,
  TickerTable,
} from '../../engine/wire/index.ts';

const MECNET: EventFacts = { eventTicker: 'E', mutuallyExclusive: true, collateralReturn: 'MECNET' };
const DIRECNET: EventFacts = { eventTicker: 'E', mutuallyExclusive: false, collateralReturn: 'DIRECNET' };

function strike(type: string, floor: number | null = null, cap: number | null = null, subject = ''): Strike {
  return { type, floor, cap, subject };
}

function group(facts: EventFacts, strikes: readonly Strike[], options: EventOptions = {}): EventGroup {
  const groups = new EventGroups(options);
  groups.describe(facts);
  const markets = strikes.map((s, i): EventMarket => ({ ticker: `M${i}`, strike: s, result: '' }));
  groups.list('E', markets, true);
  return groups.get('E')!;
}

/** Highest temperature: an open range at each end and buckets of two whole degrees. */
const BUCKETS = [
  strike('greater', 85),
  strike('less', null, 78),
  strike('between', 84, 85),
  strike('between', 80, 81),
  strike('between', 82, 83),
  strike('between', 78, 79),
];

test('buckets that leave no value out are a partition: one outcome per bucket, in order', () => {
  const event = group(MECNET, BUCKETS);
  assert.deepEqual([event.shape.kind, event.isPartition], ['exclusive', true]);
  assert.deepEqual(
    event.strikes().map((m) => m.ticker),
    ['M1', 'M5', 'M3', 'M4', 'M2', 'M0'],
  );
  assert.deepEqual(event.states(), [['M1'], ['M5'], ['M3'], ['M4'], ['M2'], ['M0']]);
  assert.deepEqual(event.siblings('M1'), ['M0', 'M2', 'M3', 'M4', 'M5']);
});

test('a bucket that is missing is an outcome nobody is paid in: no partition', () => {
  const gone = (i: number): EventGroup =>
    group(
      MECNET,
      BUCKETS.filter((_, at) => at !== i),
    );
  assert.equal(gone(0).isPartition, false, 'nothing above');
  assert.match(gone(0).shape.why, /above 85/);
  assert.equal(gone(1).isPartition, false, 'nothing below');
  assert.equal(gone(3).isPartition, null, 'a gap wider than the others');
  assert.deepEqual(gone(3).states()?.[0], [], 'nobody may be paid');
  assert.equal(gone(5).isPartition, false, 'nothing at 78 to 79, and 78 itself is said to be open');
});

test('buckets of cents next to each other are a partition although the differences are no exact numbers', () => {
  const strikes = [strike('less', null, 77_000), strike('greater', 77_999.99)];
  for (let low = 77_000; low < 78_000; low += 250) strikes.push(strike('between', low, low + 249.99));
  assert.equal(group(MECNET, strikes).isPartition, true);
  assert.equal(group(MECNET, strikes).states()?.length, 6);
});

test('exclusive without numbers: at most one is paid, and nothing says that one must', () => {
  const players = [strike('structured', null, null, 'p=a'), strike('structured', null, null, 'p=b')];
  const event = group(MECNET, players);
  assert.deepEqual([event.shape.kind, event.isPartition], ['exclusive', null]);
  assert.deepEqual(event.states(), [[], ['M0'], ['M1']]);
});

test('a directional ladder: each outcome pays all the easier strikes', () => {
  const event = group(DIRECNET, [strike('greater', 50), strike('greater', 40), strike('greater', 60)]);
  assert.deepEqual([event.shape.kind, event.isPartition], ['ladder', false]);
  assert.deepEqual(
    event.strikes().map((m) => m.ticker),
    ['M1', 'M0', 'M2'],
  );
  assert.deepEqual(event.states(), [[], ['M1'], ['M1', 'M0'], ['M1', 'M0', 'M2']]);
  const falling = group(DIRECNET, [strike('less', null, 50), strike('less_or_equal', null, 40)]);
  assert.deepEqual(falling.states(), [['M1', 'M0'], ['M0'], []]);
});

test('two strikes at one number that differ in the number itself have an outcome of their own there', () => {
  const event = group(DIRECNET, [strike('greater', 50), strike('greater_or_equal', 50)]);
  assert.deepEqual(event.states(), [[], ['M1'], ['M1', 'M0']]);
});

test('ladders of several players hang together within each player only', () => {
  const of = (player: string, ...floors: number[]): Strike[] =>
    floors.map((f) => strike('structured', f, null, `player=${player}`));
  const event = group(DIRECNET, [...of('a', 1.5, 0.5), ...of('b', 0.5)]);
  assert.equal(event.shape.kind, 'ladders');
  assert.deepEqual(event.shape.ladders, [[1, 0], [2]]);
  assert.equal(event.states(), null, 'what one does says nothing about the other');
});

test('strikes that repeat without a subject are no ladder: somebody else`s goals would count as ours', () => {
  const event = group(DIRECNET, [strike('greater', 0.5), strike('greater', 1.5), strike('greater', 0.5)]);
  assert.deepEqual([event.shape.kind, event.isPartition, event.states()], ['unknown', null, null]);
  assert.match(event.shape.why, /subjects/);
});

test('an event the exchange says nothing about is unknown, unless its strikes are to be trusted', () => {
  const facts: EventFacts = { eventTicker: 'E', mutuallyExclusive: false, collateralReturn: '' };
  const strikes = [strike('greater', 50), strike('greater', 40)];
  assert.deepEqual([group(facts, strikes).shape.kind, group(facts, strikes).states()], ['unknown', null]);
  assert.equal(group(facts, strikes, { trustStrikes: true }).shape.kind, 'ladder');
  const ranges = [strike('less', null, 40), strike('between', 40, 50), strike('greater', 50), strike('greater', 45)];
  const mixed = group(facts, ranges, { trustStrikes: true });
  assert.deepEqual([mixed.shape.kind, mixed.isPartition], ['strikes', false]);
  assert.deepEqual(mixed.states(), [['M0'], ['M1'], ['M1', 'M3'], ['M3', 'M2']]);
});

test('contradictions and holes in what is known are named, never guessed over', () => {
  assert.match(group({ ...DIRECNET, mutuallyExclusive: true }, BUCKETS).shape.why, /DIRECNET/);
  assert.equal(group({ ...MECNET, mutuallyExclusive: false }, BUCKETS).shape.kind, 'unknown');
  const overlapping = group(MECNET, [strike('less', null, 50), strike('greater', 40)]);
  assert.deepEqual([overlapping.shape.kind, overlapping.states()], ['unknown', null]);
  assert.equal(group(DIRECNET, [strike('greater', 1), strike('custom')]).shape.kind, 'unknown');
  assert.equal(group(DIRECNET, [strike('greater', 1), strike('between', 5, 4)]).shape.kind, 'unknown');
  assert.deepEqual(group(DIRECNET, [strike('greater', 1)]).states(), [[], ['M0']]);
  assert.equal(group(DIRECNET, []).shape.why, 'no market is known');
  const groups = new EventGroups();
  groups.describe(MECNET);
  groups.list(
    'E',
    BUCKETS.map((s, i) => ({ ticker: `M${i}`, strike: s, result: '' })),
    false,
  );
  assert.deepEqual([groups.get('E')!.isPartition, groups.get('E')!.states()], [null, null]);
  assert.match(groups.get('E')!.shape.why, /not all markets/);
});

test('a market decided rules outcomes out; one settled at a fair price leaves nothing certain', () => {
  const groups = new EventGroups();
  groups.describe(DIRECNET);
  const strikes = [strike('greater', 40), strike('greater', 50), strike('greater', 60)];
  groups.list(
    'E',
    strikes.map((s, i) => ({ ticker: `M${i}`, strike: s, result: '' })),
    true,
  );
  const none = strike('');
  const tell = (ticker: string, result: string): boolean =>
    groups.lifecycle({ event: 'determined', ticker, result, strike: none, metadata: null });
  assert.equal(tell('M0', 'yes'), true);
  assert.deepEqual(groups.get('E')!.states(), [['M0'], ['M0', 'M1'], ['M0', 'M1', 'M2']]);
  tell('M2', 'no');
  assert.deepEqual(groups.get('E')!.states(), [['M0'], ['M0', 'M1']]);
  tell('M1', 'scalar');
  assert.equal(groups.get('E')!.states(), null);
  assert.equal(tell('ELSEWHERE', 'yes'), false);
});

test('random strikes: the states are exactly who is paid at every number tried', () => {
  const bound = fc.integer({ min: 0, max: 12 });
  const one = fc.oneof(
    fc.tuple(fc.constantFrom('greater', 'greater_or_equal'), bound).map(([t, f]) => strike(t, f)),
    fc.tuple(fc.constantFrom('less', 'less_or_equal'), bound).map(([t, c]) => strike(t, null, c)),
    fc.tuple(bound, bound).map(([a, b]) => strike('between', Math.min(a, b), Math.max(a, b))),
  );
  let looked = 0;
  fc.assert(
    fc.property(fc.array(one, { minLength: 2, maxLength: 6 }), (strikes) => {
      const event = group(DIRECNET, strikes, { trustStrikes: true });
      if (event.shape.kind === 'unknown') return;
      const intervals = strikes.map((s) => intervalOf(s)!);
      const paid = new Set<string>();
      for (let value = -2; value <= 15; value += 0.25) {
        paid.add(intervals.flatMap((interval, i) => (holds(interval, value) ? [i] : [])).join());
      }
      if (event.isPartition === true) paid.delete('');
      const states = event.shape.states!.map((state) => [...state].sort((a, b) => a - b).join());
      assert.deepEqual([...states].sort(), [...paid].sort());
      assert.equal(
        event.isPartition === true,
        [...paid].every((p) => /^\d+$/.test(p)),
      );
      looked++;
    }),
    { seed: 4, numRuns: 2000 },
  );
  assert.ok(looked > 800, `${looked} of 2000`);
});

function lifecycle(decoder: FrameDecoder, msg: object): LifecycleMessage {
  const text = JSON.stringify({ type: 'market_lifecycle_v2', sid: 1, seq: 1, msg });
  assert.equal(decoder.decode(Buffer.from(text)), Frame.Lifecycle, decoder.reason);
  return decoder.detail as LifecycleMessage;
}

test('from an event body and the messages that follow: a new market, a strike that is set late, a result', () => {
  const market = (ticker: string, more: object): object => ({
    ticker,
    event_ticker: 'TST-E',
    status: 'active',
    price_ranges: [{ start: '0', end: '1', step: '0.01' }],
    ...more,
  });
  const body = eventBody({
    event: {
      event_ticker: 'TST-E',
      series_ticker: 'TST',
      mutually_exclusive: false,
      collateral_return_type: 'DIRECNET',
    },
    markets: [
      market('TST-E-1', { strike_type: 'greater', floor_strike: 10 }),
      market('TST-E-2', { strike_type: 'greater', floor_strike: 20.5 }),
    ],
  });
  const groups = new EventGroups();
  groups.describe(body.event);
  groups.list(body.event.eventTicker, body.markets, true);
  const event = groups.of('TST-E-2')!;
  assert.deepEqual(event.states(), [[], ['TST-E-1'], ['TST-E-1', 'TST-E-2']]);
  const decoder = new FrameDecoder(new TickerTable(), { yesPrices: true });
  const metadata = { event_ticker: 'TST-E', strike_type: 'greater' };
  const created = { market_ticker: 'TST-E-3', event_type: 'created', additional_metadata: metadata };
  assert.equal(groups.lifecycle(lifecycle(decoder, created)), true);
  assert.equal(event.shape.kind, 'unknown', 'a market without its strike spoils the ladder');
  const late = { market_ticker: 'TST-E-3', event_type: 'metadata_updated', floor_strike: 30 };
  assert.equal(groups.lifecycle(lifecycle(decoder, late)), true);
  assert.deepEqual(
    event.strikes().map((m) => m.ticker),
    ['TST-E-1', 'TST-E-2', 'TST-E-3'],
  );
  groups.lifecycle(lifecycle(decoder, { market_ticker: 'TST-E-2', event_type: 'determined', result: 'yes' }));
  assert.deepEqual(event.states(), [
    ['TST-E-1', 'TST-E-2'],
    ['TST-E-1', 'TST-E-2', 'TST-E-3'],
  ]);
  const foreign = { ...created, additional_metadata: { ...metadata, event_ticker: 'OTHER' } };
  assert.equal(groups.lifecycle(lifecycle(decoder, foreign)), false);
});

test('recorded markets: temperatures are partitions, matches are not, players are told apart', (t) => {
  const folder = new URL('../../../shared/kalshi/rest/', import.meta.url);
  if (!existsSync(folder)) return t.skip('recordings absent');
  const groupsOf = (name: string, facts: Omit<EventFacts, 'eventTicker'>): EventGroups => {
    const { items } = marketsPage(JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')));
    const groups = new EventGroups();
    for (const m of items) {
      groups.describe({ eventTicker: m.eventTicker, ...facts });
      groups.list(m.eventTicker, [m], true);
    }
    return groups;
  };
  const exclusive = { mutuallyExclusive: true, collateralReturn: 'MECNET' };
  const weather = groupsOf('demo__markets__high_temp', exclusive);
  for (const day of ['13', '14', '15']) {
    const event = weather.get(`KXHIGHNY-26JUN${day}`)!;
    assert.deepEqual([event.markets.length, event.shape.kind, event.isPartition], [6, 'exclusive', true], day);
  }
  const settled = weather.get('KXHIGHNY-26JUN13')!;
  assert.deepEqual(settled.states(), [['KXHIGHNY-26JUN13-T87']], 'the results leave one outcome');
  const open = groupsOf('demo__markets__status_open', exclusive).get('KXATPCHALLENGERMATCH-26JUN11CIGEST')!;
  assert.deepEqual([open.shape.kind, open.isPartition, open.states()?.length], ['exclusive', null, 3]);
  const ladders = groupsOf('demo__markets__status_open', { mutuallyExclusive: false, collateralReturn: 'DIRECNET' });
  assert.equal(ladders.get('KXMLBHR-26JUN111410TEXKC')!.shape.kind, 'ladders');
  assert.equal(ladders.get('KXMLBHRR-26JUN111410TEXKC')!.shape.kind, 'unknown', 'no subjects, strikes that repeat');
});
