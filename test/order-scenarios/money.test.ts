import assert from 'node:assert/strict';
import { ASK, BID, type Money } from '../../engine/units/index.ts';
import { USER } from '../support/bench-venue.ts';
import { OTHER, scenario, T } from './scenario.ts';

const ON_TWO = { shardOf: (ticker: string): number => (ticker === T ? 2 : 0) };

scenario(
  'the cash of a shard is not what our trades make it: told with the numbers',
  (scene) => {
    scene.hit(BID, 4);
    scene.run(65_000);
    assert.equal(scene.venue.reported('cash_mismatch'), undefined);
    const account = scene.venue.exchange.account(USER);
    account.cash.set(0, (account.cashOn(0) + 1_000_000) as Money);
    scene.run(65_000);
    const report = scene.venue.reported('cash_mismatch')!;
    assert.match(report.text, /shard 0: the exchange says \$\d+\.\d+, \$10000\.00 at the start/);
    assert.equal(scene.venue.reports.filter((r) => r.code === 'cash_mismatch').length, 1, 'told once');
  },
  { config: { cashMismatch: 'warn' } },
);

scenario(
  'the cash of a shard is not what our trades make it: quoting halts where nobody else touches the account',
  (scene) => {
    const account = scene.venue.exchange.account(USER);
    scene.hit(BID, 4);
    scene.run(500);
    account.cash.set(0, (account.cashOn(0) + 1_000_000) as Money);
    scene.run(65_000);
    assert.equal(scene.venue.engine.status().halts[0]?.code, 'cash_mismatch');
    assert.equal(scene.venue.exchange.restingOf(USER).length, 0);
  },
  { quoted: false },
);

scenario(
  'at the end the cash is right to the micro-dollar',
  (scene) => {
    for (let n = 0; n < 5; n++) {
      scene.hit(BID, 3);
      scene.run(200);
      scene.hit(ASK, 2);
      scene.run(200);
    }
    const reads = scene.count('getBalance');
    scene.venue.stop();
    assert.equal(scene.venue.engine.stopResult?.clean, true);
    assert.equal(scene.count('getBalance'), reads + 1, 'read once more, and it was right');
    assert.equal(scene.venue.reported('cash_mismatch'), undefined);
  },
  { venue: { makerFees: true }, quoted: false },
);

scenario(
  'a shard without cash: its markets are not quoted, the others are; cash that is moved there starts them',
  (scene) => {
    scene.venue.start();
    const [first, second] = scene.venue.engine.status().markets;
    assert.deepEqual([first!.bid.reason, second!.bid.reason], ['no_funds', 'quoting']);
    assert.deepEqual([scene.resting(BID).length, scene.resting(BID, OTHER).length], [0, 1]);
    assert.ok(scene.venue.reported('shard_funds'));
    scene.venue.exchange.account(USER).cash.set(2, 1_000_000_000 as Money);
    scene.run(35_000);
    assert.equal(scene.resting(BID).length, 1);
  },
  { venue: { ...ON_TWO, funded: [0] }, tickers: [T, OTHER], started: false },
);

scenario(
  'orders on several shards: each request names its shard, each shard has its group',
  (scene) => {
    scene.want({ bid: [48, 10] });
    scene.run(500);
    scene.want({ bid: [48, 6] });
    scene.run(500);
    scene.want({ bid: [48, 0] });
    scene.run(500);
    scene.want({ bid: [47, 10] });
    scene.run(500);
    const groups = [...scene.venue.exchange.groups.values()].map((g) => g.exchangeIndex);
    assert.deepEqual(groups.sort(), [0, 2]);
    let checked = 0;
    for (const { method, path, query, body } of scene.venue.requests) {
      if (method === 'GET' || !path.startsWith('/portfolio/events/orders')) continue;
      const o = (body === '' ? {} : JSON.parse(body)) as { orders?: Record<string, unknown>[] };
      for (const item of o.orders ?? [{ ...o, ...Object.fromEntries(new URLSearchParams(query)) }]) {
        const named = (item as Record<string, unknown>)['exchange_index'];
        assert.ok(named === 0 || named === 2 || named === '2', `${method} ${path}: ${body} ${query}`);
        checked++;
      }
    }
    assert.ok(checked > 10);
  },
  { venue: ON_TWO, tickers: [T, OTHER] },
);
