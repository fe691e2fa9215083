import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { replayCommand, replayFile } from '../../engine/cli/replay.ts';
import { isBroken, type ReplayReport } from '../../engine/cli/replay-report.ts';
import { UsageError } from '../../engine/cli/usage.ts';
import { JournalWriter } from '../../engine/journal/index.ts';
import type { TimeUs } from '../../engine/units/index.ts';
import { tempFile, tempFolder } from '../journal/files.ts';

const FEEDS = join(import.meta.dirname, '../../../shared/feeds');

type Levels = readonly (readonly [string, string])[];

/** The frames of one subscription, numbered as they are made. */
class Feed {
  private seq = 0;
  readonly sid: number;

  constructor(sid = 1) {
    this.sid = sid;
  }

  snapshot(ticker: string, yes: Levels, no: Levels): string {
    const sides = {
      ...(yes.length > 0 ? { yes_dollars_fp: yes } : {}),
      ...(no.length > 0 ? { no_dollars_fp: no } : {}),
    };
    return this.frame('orderbook_snapshot', { market_ticker: ticker, ...sides });
  }

  delta(ticker: string, side: 'yes' | 'no', price: string, delta: string): string {
    return this.frame('orderbook_delta', { market_ticker: ticker, price_dollars: price, delta_fp: delta, side });
  }

  frame(type: string, msg: unknown): string {
    return JSON.stringify({ type, sid: this.sid, seq: ++this.seq, msg });
  }

  skip(n: number): void {
    this.seq += n;
  }
}

function capture(frames: readonly string[]): string {
  return frames.map((frame, i) => `{"recv_ns":${1_776_490_453_460_692_000 + i * 1000},"frame":${frame}}\n`).join('');
}

async function replay(t: TestContext, content: string | Uint8Array, yesPrices = false): Promise<ReplayReport> {
  const { report, error } = await replayFile(tempFile(t, content), yesPrices);
  assert.equal(error, null);
  return report;
}

/** The command with what it printed. */
async function command(t: TestContext, args: string[]): Promise<{ status: number; out: string; err: string }> {
  const out = t.mock.method(console, 'log', () => undefined);
  const err = t.mock.method(console, 'error', () => undefined);
  const status = await replayCommand(args);
  const text = (m: typeof out): string => m.mock.calls.map((c) => String(c.arguments[0])).join('\n');
  const printed = { status, out: text(out), err: text(err) };
  out.mock.restore();
  err.mock.restore();
  return printed;
}

test('a healthy feed ends with its books, prices of NO seen from the YES side', async (t) => {
  const f = new Feed();
  const frames = [
    '{"type":"subscribed","id":1,"msg":{"channel":"orderbook_delta","sid":1}}',
    f.snapshot('A', [['0.4700', '3.00']], [['0.4800', '2.00']]),
    f.delta('A', 'yes', '0.4800', '1.25'),
    f.delta('A', 'yes', '0.4700', '-3.00'),
    f.delta('A', 'no', '0.5000', '7.00'),
    f.snapshot('B', [], [['0.9900', '5.00']]),
  ];
  const r = await replay(t, capture(frames));
  assert.equal(isBroken(r), false);
  assert.deepEqual(r.byType, { subscribed: 1, orderbook_snapshot: 2, orderbook_delta: 3 });
  assert.equal(r.sequenceBreaks.count, 0);
  assert.deepEqual(
    r.markets.map((m) => [m.ticker, m.grid, m.deltas, m.top]),
    [
      ['A', '1c', 3, { bid: 4800, bidCount: 125, ask: 5000, askCount: 700 }],
      ['B', '1c', 0, { bid: 0, bidCount: 0, ask: 100, askCount: 500 }],
    ],
  );
  const { status, out } = await command(t, [tempFile(t, capture(frames))]);
  assert.equal(status, 0);
  assert.match(out, /A +48c x 1\.25 \/ 50c x 7\.00 +grid 1c, 3 deltas/);
  assert.match(out, /B +none \/ 1c x 5\.00/);
});

test('a level driven below nothing breaks the book', async (t) => {
  const f = new Feed();
  const r = await replay(t, capture([f.snapshot('A', [['0.4', '3.00']], []), f.delta('A', 'yes', '0.4', '-3.01')]));
  assert.deepEqual(r.negativeLevels.first, [{ line: 2, text: 'A yes at 40c: holds 3.00, change -3.01' }]);
  assert.equal(isBroken(r), true);
});

test('crossed and locked moments are counted after every message, and a snapshot mends them', async (t) => {
  const f = new Feed();
  const healthy = f.snapshot('A', [['0.40', '3.00']], [['0.50', '3.00']]);
  const frames = [
    healthy,
    f.delta('A', 'yes', '0.50', '1.00'),
    f.delta('A', 'yes', '0.51', '1.00'),
    f.snapshot('A', [['0.40', '3.00']], [['0.50', '3.00']]),
    f.delta('A', 'yes', '0.41', '1.00'),
  ];
  const r = await replay(t, capture(frames));
  assert.deepEqual(r.crossed.first, [
    { line: 2, text: 'A: bid 50c, ask 50c' },
    { line: 3, text: 'A: bid 51c, ask 50c' },
  ]);
  assert.equal(isBroken(r), true);
});

test('a delta before any snapshot is not applied to a book made up for it', async (t) => {
  const f = new Feed();
  const r = await replay(t, capture([f.delta('A', 'yes', '0.4', '3.00'), f.snapshot('A', [['0.3', '1.00']], [])]));
  assert.deepEqual(r.earlyDeltas.first, [{ line: 1, text: 'A' }]);
  assert.equal(r.markets[0]!.top?.bidCount, 100);
  assert.equal(isBroken(r), true);
});

test('a sequence break is told with both numbers and does not break a book by itself', async (t) => {
  const f = new Feed();
  const g = new Feed(2);
  g.skip(40);
  const frames = [f.snapshot('A', [['0.3', '1.00']], []), g.snapshot('B', [['0.3', '1.00']], [])];
  f.skip(3);
  frames.push(f.delta('A', 'yes', '0.3', '1.00'), g.delta('B', 'yes', '0.3', '1.00'));
  const path = tempFile(t, capture(frames));
  const { report: r } = await replayFile(path, false);
  assert.deepEqual(r.sequenceBreaks.first, [{ line: 3, text: 'sid 1: seq 1 -> 5' }]);
  assert.equal(isBroken(r), false);
  assert.equal((await command(t, [path])).status, 0);
});

test('replies take their place in the sequence, and so do frames that make no sense', async (t) => {
  const f = new Feed();
  const frames = [
    f.snapshot('A', [['0.3', '1.00']], []),
    f.frame('ok', { market_tickers: ['A', 'B'] }),
    f.delta('A', 'yes', '1.3', '1.00'),
    f.delta('A', 'yes', '0.3', '1.00'),
    f.frame('something_new', {}),
    f.delta('A', 'yes', '0.3', '1.00'),
  ];
  const r = await replay(t, capture(frames));
  assert.equal(r.sequenceBreaks.count, 0);
  assert.equal(r.undecodable.count, 1);
  assert.equal(r.undecodable.first[0]!.line, 3);
  assert.equal(r.byType['something_new'], 1);
  assert.equal(r.markets[0]!.top?.bidCount, 300);
  assert.equal(isBroken(r), true);
});

test('a new subscription under an old number starts its sequence afresh', async (t) => {
  const first = new Feed();
  const again = new Feed();
  const frames = [
    first.snapshot('A', [['0.3', '1.00']], []),
    first.delta('A', 'yes', '0.3', '1.00'),
    '{"type":"subscribed","id":9,"msg":{"channel":"orderbook_delta","sid":1}}',
    again.snapshot('A', [['0.3', '1.00']], []),
  ];
  assert.equal((await replay(t, capture(frames))).sequenceBreaks.count, 0);
});

test('names and prices no market can have are findings, not a crash', async (t) => {
  const f = new Feed();
  const r = await replay(
    t,
    capture([
      f.snapshot('no such\tname', [['0.3', '1.00']], []),
      f.snapshot(
        'A',
        [
          ['0.0000', '1.00'],
          ['0.3', '1.00'],
        ],
        [],
      ),
      f.delta('A', 'no', '1.0000', '1.00'),
    ]),
  );
  assert.deepEqual(
    r.undecodable.first.map((finding) => finding.line),
    [1, 2, 3],
  );
  assert.deepEqual(
    r.markets.map((m) => m.ticker),
    ['A'],
  );
});

test('the grid is the coarsest that holds every price, and moving to it keeps every level', async (t) => {
  const grids: readonly (readonly [string, readonly string[]])[] = [
    ['1c', ['0.0100', '0.0900', '0.9100']],
    ['tapered 0.1c', ['0.0910', '0.5000']],
    ['0.1c', ['0.0910', '0.5010']],
    ['0.01c', ['0.0100', '0.5001']],
  ];
  for (const [name, prices] of grids) {
    const f = new Feed();
    const frames = [f.snapshot('A', [], []), ...prices.map((p) => f.delta('A', 'yes', p, '1.00'))];
    assert.equal((await replay(t, capture(frames))).markets[0]!.grid, name);
  }
  const steps = fc.constantFrom(1, 10, 100);
  const order = fc.tuple(steps, fc.integer({ min: 1, max: 49 }), fc.boolean(), fc.integer({ min: 1, max: 10_000 }));
  await fc.assert(
    fc.asyncProperty(fc.array(order, { minLength: 1, maxLength: 30 }), async (orders) => {
      const f = new Feed();
      const frames = [f.snapshot('A', [], [])];
      const books = { yes: new Map<number, number>(), no: new Map<number, number>() };
      for (const [step, n, yes, count] of orders) {
        const side = yes ? 'yes' : 'no';
        books[side].set(n * step, (books[side].get(n * step) ?? 0) + count);
        frames.push(f.delta('A', side, ((n * step) / 10_000).toFixed(4), (count / 100).toFixed(2)));
      }
      const r = await replay(t, capture(frames));
      const bid = Math.max(0, ...books.yes.keys());
      const no = Math.max(0, ...books.no.keys());
      assert.equal(r.negativeLevels.count + r.undecodable.count, 0);
      assert.deepEqual(r.markets[0]!.top, {
        bid,
        bidCount: books.yes.get(bid) ?? 0,
        ask: no === 0 ? 0 : 10_000 - no,
        askCount: books.no.get(no) ?? 0,
      });
    }),
    { numRuns: 60 },
  );
});

test("a session's journal replays: YES prices, frames that were no JSON, and a second connection", async (t) => {
  const path = join(tempFolder(t), 'session.ndjson.zst');
  const journal = new JournalWriter({ path, onTrouble: (text) => assert.fail(text) });
  let time = 1_776_490_453_460_692;
  const at = (): TimeUs => time++ as TimeUs;
  const record = (...frames: string[]): void => {
    for (const frame of frames) journal.frame(Buffer.from(frame), at());
  };
  journal.session('{"use_yes_price":true}', at());
  journal.input('{"kind":"link","up":true,"detail":""}', at());
  const f = new Feed();
  record(f.snapshot('A', [['0.47', '3.00']], [['0.52', '2.00']]), f.snapshot('B', [['0.10', '1.00']], []));
  journal.session('{"dropped":4}', at());
  record(f.delta('A', 'no', '0.51', '1.00'));
  journal.input('{"kind":"link","up":false,"detail":"reset"}', at());
  journal.input('{"kind":"link","up":true,"detail":""}', at());
  const again = new Feed();
  again.skip(6);
  record(again.snapshot('A', [['0.45', '3.00']], [['0.55', '2.00']]), again.delta('A', 'no', '0.54', '9.00'));
  await journal.close();
  const { report: r, error } = await replayFile(path, false);
  assert.equal(error, null);
  assert.equal(isBroken(r), false);
  assert.equal(r.sequenceBreaks.count, 0);
  assert.equal(r.dropped, 4);
  assert.deepEqual(
    r.markets.map((m) => m.top),
    [
      { bid: 4500, bidCount: 300, ask: 5400, askCount: 900 },
      { bid: 0, bidCount: 0, ask: 0, askCount: 0 },
    ],
  );
});

test('a delta of a new connection before its snapshot is not put on the old book', async (t) => {
  const f = new Feed();
  const again = new Feed();
  const text = `${capture([f.snapshot('A', [['0.4', '3.00']], [])])}{"at_ns":1000,"input":{"kind":"link","up":true}}\n`;
  const r = await replay(t, text + capture([again.delta('A', 'yes', '0.4', '1.00')]));
  assert.equal(r.earlyDeltas.count, 1);
  assert.equal(r.markets[0]!.top?.bidCount, 0);
});

test('the same recording read in the wrong price mode is not the same book', async (t) => {
  const f = new Feed();
  const text = capture([f.snapshot('A', [['0.47', '3.00']], [['0.52', '2.00']])]);
  assert.equal((await replay(t, text, true)).markets[0]!.top?.ask, 5200);
  assert.equal((await replay(t, text, false)).markets[0]!.top?.ask, 4800);
});

test('a file cut short is reported as far as it goes, then told on stderr with status 2', async (t) => {
  const f = new Feed();
  const frames = Array.from({ length: 9 }, () => f.snapshot('A', [['0.4', '3.00']], []));
  const whole = gzipSync(capture(frames));
  const path = tempFile(t, whole.subarray(0, -12));
  const { status, out, err } = await command(t, [path, join(tempFolder(t), 'nothing')]);
  assert.equal(status, 2);
  assert.match(out, /snapshot \d/);
  const told = err.split('\n');
  assert.equal(told.length, 2);
  assert.ok(told[0]!.startsWith(`replay: ${path}:`));
  assert.match(told[0]!, /cut short/);
  assert.match(told[1]!, /no such file/);
});

test('several files: the worst decides the status, and the sums are right', async (t) => {
  const f = new Feed();
  const good = tempFile(t, capture([f.snapshot('A', [['0.4', '3.00']], [])]));
  const bad = tempFile(t, capture([f.delta('B', 'yes', '0.4', '3.00')]));
  assert.equal((await command(t, [good])).status, 0);
  assert.equal((await command(t, [bad])).status, 1);
  const { status, out } = await command(t, ['--json', good, bad, good]);
  assert.equal(status, 1);
  const { files, total } = JSON.parse(out) as { files: { broken: boolean; error: string | null }[]; total: object };
  assert.deepEqual(
    files.map((x) => [x.broken, x.error]),
    [
      [false, null],
      [true, null],
      [false, null],
    ],
  );
  assert.deepEqual(total, {
    files: 3,
    brokenFiles: 1,
    lines: 3,
    frames: 3,
    markets: 2,
    byType: { orderbook_snapshot: 2, orderbook_delta: 1 },
    sequenceBreaks: 0,
    negativeLevels: 0,
    crossed: 0,
    earlyDeltas: 1,
    undecodable: 0,
    dropped: 0,
  });
  assert.match((await command(t, [good, bad])).out, /total: 2 files \(1 broken\), 2 frames/);
});

test('long lists of markets are cut for a person and whole in JSON', async (t) => {
  const f = new Feed();
  const frames = Array.from({ length: 50 }, (_, i) => f.snapshot(`M-${i}`, [['0.4', '3.00']], []));
  const path = tempFile(t, capture(frames));
  assert.match((await command(t, [path])).out, /and 10 more/);
  const { files } = JSON.parse((await command(t, [path, '--json'])).out) as { files: { markets: unknown[] }[] };
  assert.equal(files[0]!.markets.length, 50);
});

test('help has examples and the meaning of every status; no file is a mistake', async (t) => {
  const { status, out } = await command(t, ['--help']);
  assert.equal(status, 0);
  for (const word of ['examples:', 'exit status: 0', '--yes-prices', '--json']) assert.ok(out.includes(word), word);
  await assert.rejects(replayCommand([]), UsageError);
});

test('real recordings hold: no negative level, no crossed or locked moment', async (t) => {
  if (!existsSync(FEEDS)) return t.skip('recordings absent');
  const names = readdirSync(FEEDS).filter((name) => name.endsWith('.ndjson.gz'));
  assert.ok(names.length >= 6);
  for (const name of names) {
    const { report, error } = await replayFile(join(FEEDS, name), name.includes('_yes_'));
    assert.equal(error, null, name);
    assert.ok(report.frames > 0, name);
    assert.equal(report.negativeLevels.count + report.crossed.count + report.earlyDeltas.count, 0, name);
    assert.equal(report.undecodable.count, 0, name);
    if (!name.includes('every_channel') && !name.includes('sampled'))
      assert.equal(report.sequenceBreaks.count, 0, name);
  }
});
