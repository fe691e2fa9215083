import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Frame, FrameDecoder, TickerTable } from '../../engine/wire/index.ts';

const TICKER = 'KXTEST-26NOV23-T50';

function frame(seq: number, more: string): Buffer {
  return Buffer.from(
    `{"type":"orderbook_delta","sid":1,"seq":${seq},"msg":{"market_ticker":"${TICKER}","market_id":"m","price_dollars":"0.4700","delta_fp":"-3.00","side":"no","ts_ms":1781159489957${more}}}`,
  );
}

function decoder(): FrameDecoder {
  const tickers = new TickerTable();
  tickers.add(TICKER);
  return new FrameDecoder(tickers, { yesPrices: true });
}

test('a delta caused by our own order says so, whatever the frames before and after it looked like', () => {
  const d = decoder();
  for (let seq = 1; seq <= 200; seq++) {
    const own = seq % 3 === 0 ? `hd-test01-${seq}` : '';
    const more = own === '' ? '' : `,"client_order_id":"${own}","subaccount":0`;
    assert.equal(d.decode(frame(seq, more)), Frame.Delta, d.reason);
    assert.deepEqual([d.clientOrderId, d.seq, d.market, d.price, d.count], [own, seq, 0, 4700, -300]);
  }
  assert.equal(d.drift.distinct, 0, 'both fields are known');
});

test('an id with escapes is read as it is; none, an empty and a null one name nobody; a number is malformed', () => {
  const d = decoder();
  for (const [more, id] of [
    [',"client_order_id":"a\\"b\\u00e9"', 'a"bé'],
    [',"client_order_id":""', ''],
    [',"client_order_id":null', ''],
    ['', ''],
  ] as const) {
    assert.equal(d.decode(frame(1, more)), Frame.Delta, d.reason);
    assert.equal(d.clientOrderId, id);
  }
  assert.equal(d.decode(frame(1, ',"client_order_id":7')), Frame.Malformed);
  assert.match(d.reason, /client_order_id/);
});
