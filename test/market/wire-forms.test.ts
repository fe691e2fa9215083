import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Books, DECI_CENT, Grid, LINEAR_CENT, NO_LEVEL, REFUSED } from '../../engine/market/index.ts';
import { ASK, BID, type Count, complement, ONE_DOLLAR, type Price, type Side } from '../../engine/units/index.ts';
import {
  Frame,
  FrameDecoder,
  type LifecycleMessage,
  type SnapshotMessage,
  TickerTable,
} from '../../engine/wire/index.ts';
import { ReferenceBook } from './reference.ts';

const BOOKS = 40;
const MESSAGES = 4000;
const SIDES = [BID, ASK] as const;
/** The reference is indexed by price, so that a change of grid is none of its business. */
type Levels = readonly (readonly [number, number])[];

interface Form {
  readonly name: string;
  readonly yesPrices: boolean;
  delta(ticker: string, seq: number, leg: 'yes' | 'no', at: number, delta: number): string;
  snapshot(ticker: string, seq: number, yes: Levels, no: Levels): string;
}

const dollars = (at: number): string => (at / ONE_DOLLAR).toFixed(4);
const fixed = (size: number): string => (size / 100).toFixed(2);

/** Today's fixed-point form. */
function fixedPoint(yesPrices: boolean): Form {
  const list = (levels: Levels): string[][] => levels.map(([at, size]) => [dollars(at), fixed(size)]);
  return {
    name: `fixed point, ${yesPrices ? 'NO levels in YES money' : 'each leg in its own money'}`,
    yesPrices,
    delta: (ticker, seq, leg, at, delta) =>
      `{"type":"orderbook_delta","sid":1,"seq":${seq},"msg":{"market_ticker":"${ticker}","market_id":"m","price_dollars":"${dollars(at)}","delta_fp":"${fixed(delta)}","side":"${leg}","ts":"2026-06-11T06:31:29.957081Z","ts_ms":1781159489957}}`,
    snapshot: (ticker, seq, yes, no) => {
      const msg = { market_ticker: ticker, market_id: 'm', yes_dollars_fp: list(yes), no_dollars_fp: list(no) };
      return JSON.stringify({ type: 'orderbook_snapshot', sid: 1, seq, msg });
    },
  };
}

/** The form before March 2026: whole cents and whole contracts. */
const CENTS: Form = {
  name: 'old cents',
  yesPrices: false,
  delta: (ticker, seq, leg, at, delta) =>
    `{"type":"orderbook_delta","sid":1,"seq":${seq},"msg":{"market_ticker":"${ticker}","price":${at / 100},"delta":${delta / 100},"side":"${leg}"}}`,
  snapshot: (ticker, seq, yes, no) => {
    const list = (levels: Levels): number[][] => levels.map(([at, size]) => [at / 100, size / 100]);
    const msg = { market_ticker: ticker, yes: list(yes), no: list(no) };
    return JSON.stringify({ type: 'orderbook_snapshot', sid: 1, seq, msg });
  },
};

function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % below;
  };
}

function held(books: Books, id: number, side: Side): [number, number][] {
  const levels: [number, number][] = [];
  for (let l = books.bestLevel(id, side); l !== NO_LEVEL; l = books.nextLevel(id, side, l))
    levels.push([books.grid(id).price(l), books.sizeAt(id, side, l)]);
  return levels;
}

for (const form of [CENTS, fixedPoint(false), fixedPoint(true)]) {
  test(`${form.name}: from bytes to books, every level equals the obvious book's after every message, grids changing`, () => {
    const random = randomFrom(form.name.length);
    const tickers = new TickerTable();
    const decoder = new FrameDecoder(tickers, { yesPrices: form.yesPrices });
    const books = new Books();
    const references = Array.from({ length: BOOKS }, (_, n) => {
      tickers.add(`KXFORM-${n}`);
      books.open(LINEAR_CENT);
      return new ReferenceBook();
    });
    const told = { deltas: 0, refused: 0, snapshots: 0, grids: 0 };
    const shownAt = (side: Side, at: number): number =>
      side === ASK && !form.yesPrices ? complement(at as Price) : at;
    for (let seq = 1; seq <= MESSAGES; seq++) {
      const id = random(BOOKS);
      const reference = references[id]!;
      const ticker = `KXFORM-${id}`;
      const kind = random(40);
      const lot = form === CENTS ? 100 : 1;
      const step = form === CENTS || books.grid(id) === LINEAR_CENT ? 100 : 10;
      if (kind === 0) {
        reference.clear();
        for (const side of SIDES)
          for (let n = random(4); n > 0; n--)
            reference.add(side, step * (1 + random(ONE_DOLLAR / step - 1)), lot * (1 + random(900)));
        const legs = SIDES.map((s) =>
          reference.levels(s).map((at) => [shownAt(s, at), reference.sides[s].get(at)!] as const),
        );
        assert.equal(
          decoder.decode(Buffer.from(form.snapshot(ticker, seq, legs[BID]!, legs[ASK]!))),
          Frame.Snapshot,
          decoder.reason,
        );
        const { bids, asks } = decoder.detail as SnapshotMessage;
        books.clear(decoder.market);
        for (const [side, flat] of [[BID, bids] as const, [ASK, asks] as const]) {
          for (let i = 0; i < flat.length; i += 2)
            books.set(decoder.market, side, books.levelOf(decoder.market, flat[i]! as Price), flat[i + 1]! as Count);
        }
        told.snapshots++;
      } else if (kind === 1) {
        const grid = books.grid(id) === LINEAR_CENT ? DECI_CENT : LINEAR_CENT;
        const price_ranges = grid.bands.map((b) => ({
          start: dollars(b.start),
          end: dollars(b.end),
          step: dollars(b.step),
        }));
        const msg = { market_ticker: ticker, event_type: 'price_level_structure_updated', price_ranges };
        const kindOf = decoder.decode(Buffer.from(JSON.stringify({ type: 'market_lifecycle_v2', sid: 2, seq, msg })));
        assert.equal(kindOf, Frame.Lifecycle, decoder.reason);
        const fits = SIDES.every((s) => reference.levels(s).every((at) => grid.level(at as Price) >= 0));
        const misfits = books.regrid(decoder.market, Grid.of((decoder.detail as LifecycleMessage).bands!));
        assert.equal(misfits.length === 0, fits);
        if (fits) told.grids++;
      } else {
        const side = SIDES[random(2)]!;
        const some = reference.levels(side);
        const at =
          some.length > 0 && random(2) === 0 ? some[random(some.length)]! : step * (1 + random(ONE_DOLLAR / step - 1));
        const size = reference.sides[side].get(at) ?? 0;
        const delta = random(3) === 0 ? -size - (random(20) === 0 ? lot : 0) : lot * (1 + random(5000));
        const text = form.delta(ticker, seq, side === BID ? 'yes' : 'no', shownAt(side, at), delta);
        assert.equal(decoder.decode(Buffer.from(text)), Frame.Delta, decoder.reason);
        const after = books.add(
          decoder.market,
          decoder.side,
          books.levelOf(decoder.market, decoder.price),
          decoder.count,
        );
        assert.equal(after, reference.add(side, at, delta) ?? REFUSED);
        if (after === REFUSED) told.refused++;
        else told.deltas++;
      }
      assert.equal(decoder.market, id);
      for (const side of SIDES)
        assert.deepEqual(
          held(books, id, side),
          reference.levels(side).map((at) => [at, reference.sides[side].get(at)]),
        );
    }
    assert.ok(told.deltas > 3000 && told.refused > 20 && told.snapshots > 50 && told.grids > 20, JSON.stringify(told));
  });
}
