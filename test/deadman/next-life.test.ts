import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pull } from '../../engine/cli/pull.ts';
import type { VenueRequest } from '../../engine/core/index.ts';

const order = (clientOrderId: string): object => ({
  order_id: `id-${clientOrderId}`,
  client_order_id: clientOrderId,
  ticker: 'M-1',
  book_side: 'bid',
  yes_price_dollars: '0.4000',
  status: 'resting',
  fill_count_fp: '0.00',
  remaining_count_fp: '5.00',
  initial_count_fp: '5.00',
});

test('a next life that quotes under the same prefix is not pulled along with the last one', () => {
  let now = 0;
  const rests = new Set(['hd-last-1', 'hd-next-1']);
  const waiting: VenueRequest[] = [];
  const pull = new Pull({
    clientPrefix: 'hd',
    subaccount: 0,
    groups: [],
    requestTimeoutMs: 1000,
    deadlineMs: Number.POSITIVE_INFINITY,
    request: (request) => waiting.push(request),
    nowMs: () => now,
  });
  pull.narrow('last');
  for (; now < 5000 && pull.result === null; now += 50) {
    pull.tick();
    for (const { id, op, body } of waiting.splice(0)) {
      if (op === 'cancelOrders') for (const name of rests) if (String(body).includes(name)) rests.delete(name);
      const answer = op === 'getOrders' ? { orders: [...rests].map(order), cursor: '' } : { orders: [] };
      pull.outcome(id, { kind: 'response', status: 200, body: JSON.stringify(answer) });
    }
  }
  assert.equal(pull.result?.clean, true);
  assert.deepEqual([...rests], ['hd-next-1']);
});
