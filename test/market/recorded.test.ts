import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Books, DECI_CENT, NO_LEVEL, REFUSED } from '../../engine/market/index.ts';
import { ASK, BID, type Count, type Price } from '../../engine/units/index.ts';
import { Frame, FrameDecoder, isBookPrice, type SnapshotMessage, TickerTable } from '../../engine/wire/index.ts';
import { assertDepth } from './depth-reference.ts';
import { ReferenceBook } from './reference.ts';

/** Depth queries are compared with every so many messages: they are slow to answer the obvious way. */
const DEPTH_EVERY = 97;

test('recorded streams: after every message the book equals the obvious book, its depth included', (t) => {
  const folder = new URL('../../../shared/feeds/', import.meta.url);
  if (!existsSync(folder)) return t.skip('recordings absent');
  let compared = 0;
  for (const name of readdirSync(folder).filter((n) => /^(cents|fp_demo|fp_prod_kx)_?.*\.ndjson\.gz$/.test(n))) {
    const tickers = new TickerTable();
    const decoder = new FrameDecoder(tickers, { yesPrices: name.includes('_yes_') });
    const books = new Books();
    const references: ReferenceBook[] = [];
    for (const line of gunzipSync(readFileSync(new URL(name, folder)))
      .toString()
      .trimEnd()
      .split('\n')) {
      const frame = line.slice(line.indexOf('"frame":') + 8, -1);
      let kind = decoder.decode(Buffer.from(frame));
      if (kind !== Frame.Delta && kind !== Frame.Snapshot) continue;
      if (decoder.market < 0) {
        tickers.add(decoder.ticker);
        books.open(DECI_CENT);
        references.push(new ReferenceBook());
        kind = decoder.decode(Buffer.from(frame));
      }
      const id = decoder.market;
      const reference = references[id]!;
      if (kind === Frame.Snapshot) {
        books.clear(id);
        reference.clear();
        const { bids, asks } = decoder.detail as SnapshotMessage;
        for (const [side, flat] of [[BID, bids] as const, [ASK, asks] as const]) {
          for (let i = 0; i < flat.length; i += 2) {
            const level = DECI_CENT.level(flat[i]! as Price);
            books.set(id, side, level, flat[i + 1]! as Count);
            reference.add(side, level, flat[i + 1]!);
          }
        }
      } else {
        assert.ok(isBookPrice(decoder.price));
        const level = DECI_CENT.level(decoder.price);
        const after = reference.add(decoder.side, level, decoder.count);
        assert.equal(books.add(id, decoder.side, level, decoder.count), after ?? REFUSED, `${name}: ${frame}`);
      }
      assertSame(books, id, reference);
      if (++compared % DEPTH_EVERY === 0) {
        const levels = [BID, ASK].map((side) =>
          reference.levels(side).map((l) => ({ price: DECI_CENT.price(l), size: reference.sides[side]!.get(l)! })),
        );
        assertDepth(books, null, id, levels);
      }
    }
  }
  assert.ok(compared > 27_000, `${compared} messages`);
});

function assertSame(books: Books, id: number, reference: ReferenceBook): void {
  for (const side of [BID, ASK] as const) {
    const expected = reference.levels(side);
    assert.equal(books.depth(id, side), expected.length);
    let at = books.bestLevel(id, side);
    for (const level of expected) {
      assert.equal(at, level);
      assert.equal(books.sizeAt(id, side, level), reference.sides[side].get(level));
      at = books.nextLevel(id, side, level);
    }
    assert.equal(at, NO_LEVEL);
  }
}
