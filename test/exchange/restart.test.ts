import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { readScenario } from '../../engine/cli/scenario-file.ts';
import { PortInUse } from '../../engine/exchange/index.ts';
import { StateError, Store } from '../../engine/exchange/store.ts';
import { World, type WorldOptions } from '../../engine/exchange/world.ts';
import { ASK, BID, type Money } from '../../engine/units/index.ts';
import { Bench, lots } from './support/bench.ts';
import { Client, ED25519, type Json, Venue } from './support/venue.ts';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'exchange-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

function options(more: Partial<WorldOptions> = {}): WorldOptions {
  return {
    server: { tier: 'prestige' },
    keys: [{ keyId: ED25519.keyId, publicPem: ED25519.publicPem }],
    seed: 1,
    balance: 10_000_000_000 as Money,
    makerFees: false,
    onFailure: (message) => assert.fail(message),
    ...more,
  };
}

async function open(t: TestContext, more: Partial<WorldOptions> = {}): Promise<{ world: World; a: Client }> {
  const world = new World(options(more));
  const port = await world.start();
  t.after(() => world.close());
  return { world, a: new Client(port, ED25519, Date.now) };
}

/** What an account can see of itself. */
async function account(a: Client): Promise<Json> {
  const of = async (url: string, key: string): Promise<unknown> => (await a.get(url)).body[key];
  return {
    breakdown: await of('/portfolio/balance', 'balance_breakdown'),
    fills: await of('/portfolio/fills', 'fills'),
    groups: await of('/portfolio/order_groups', 'order_groups'),
    positions: ((await of('/portfolio/positions', 'market_positions')) as Json[]).map(
      ({ last_updated_ts: _, ...rest }) => rest,
    ),
  };
}

describe('an exchange that is killed and started again', () => {
  test('keeps money, positions, fills, client ids and the latch of a group; and nothing rests', async (t) => {
    const statePath = join(folder(t), 'state.ndjson');
    const first = await open(t, { statePath });
    const ticker = first.world.tickers[0]!;
    const group = (await first.a.post('/portfolio/order_groups/create', { contracts_limit: 1 })).body['order_group_id'];
    const taken = await first.a.order({
      ticker,
      price: '0.9900',
      count: '2.00',
      time_in_force: 'immediate_or_cancel',
      client_order_id: 'taken',
      order_group_id: group,
    });
    assert.equal(taken.body['fill_count'], '2.00');
    const rests = (await first.a.order({ ticker, price: '0.0100', count: '5.00', client_order_id: 'rests' })).body[
      'order_id'
    ];
    const before = await account(first.a);
    // A killed process closes nothing: what it had written before it answered is all there is.
    const copy = join(folder(t), 'copy.ndjson');
    writeFileSync(copy, readFileSync(statePath));
    first.world.close();

    const { a } = await open(t, { statePath: copy });
    const after = await account(a);
    const free = (state: Json): number => Number((state['breakdown'] as Json[])[0]!['balance']);
    assert.ok(Math.abs(free(after) - free(before) - 0.05) < 1e-9, 'what the resting order held back is free again');
    for (const key of ['fills', 'groups', 'positions']) assert.deepEqual(after[key], before[key], key);
    assert.equal((after['groups'] as Json[])[0]!['is_auto_cancel_enabled'], false);
    assert.deepEqual((await a.get('/portfolio/orders?status=resting')).body['orders'], []);
    const order = (await a.get(`/portfolio/orders/${rests}`)).body['order'] as Json;
    assert.deepEqual([order['status'], order['remaining_count_fp']], ['canceled', '0.00']);
    for (const client_order_id of ['taken', 'rests'])
      assert.equal((await a.order({ ticker, price: '0.0100', client_order_id })).status, 409);
    const refused = await a.order({ ticker, price: '0.0100', order_group_id: group });
    assert.equal((refused.body['error'] as Json)['code'], 'exceeded_order_group_risk_limit');
  });

  test('a line cut short is forgotten, and the log goes on after it as if it had never been', (t) => {
    const path = join(folder(t), 'state.ndjson');
    const run = (act: (bench: Bench) => void): Bench => {
      const bench = new Bench();
      const store = new Store(path, bench.exchange);
      act(bench);
      store.close();
      return bench;
    };
    run((bench) => {
      bench.fund('a').fund('b').place('a', BID, 40, 5, { clientOrderId: 'one' });
    });
    const whole = readFileSync(path).length;
    run((bench) => bench.fund('a').fund('b').place('b', ASK, 30, 2, { clientOrderId: 'two' }));
    truncateSync(path, readFileSync(path).length - 20);
    const torn = run(() => {});
    assert.deepEqual([...torn.exchange.usedClientIds], ['a/one']);
    assert.ok(readFileSync(path).length >= whole);
    run((bench) => bench.fund('a').place('a', BID, 41, 1, { clientOrderId: 'three' }));
    assert.deepEqual([...run(() => {}).exchange.usedClientIds].sort(), ['a/one', 'a/three']);
  });

  test('a step is remembered whole or not at all: one line holds fill, cash, position and order', (t) => {
    const path = join(folder(t), 'state.ndjson');
    const bench = new Bench().fund('a').fund('b');
    const store = new Store(path, bench.exchange);
    // As the server does: what leaves is preceded by what is written.
    for (const event of ['fill', 'order'] as const)
      bench.exchange.listeners.push({
        delta: () => {},
        trade: () => {},
        position: () => {},
        group: () => {},
        fill: () => event === 'fill' && store.flush(),
        order: () => event === 'order' && store.flush(),
      });
    bench.place('a', BID, 40, 5);
    bench.place('b', ASK, 40, 3);
    store.close();
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    for (let n = 0; n <= lines.length; n++) {
      const part = join(folder(t), 'part.ndjson');
      writeFileSync(
        part,
        lines
          .slice(0, n)
          .map((line) => `${line}\n`)
          .join(''),
      );
      const again = new Bench();
      new Store(part, again.exchange).close();
      for (const user of ['a', 'b']) {
        const fills = again.exchange.fills.filter((f) => f.userId === user);
        const filled = fills.reduce((sum, f) => sum + f.count, 0);
        const orders = [...again.exchange.orders.values()].filter((o) => o.userId === user);
        assert.equal(Math.abs(again.exchange.account(user).holding('M').position), filled);
        assert.equal(
          orders.reduce((sum, o) => sum + o.fillCount, 0),
          filled,
        );
        if (filled > 0) assert.equal(again.exchange.account(user).cashOn(0), bench.exchange.account(user).cashOn(0));
      }
    }
  });

  test('both fills of a trade are one line, so that no kill leaves half a trade', async (t) => {
    const path = join(folder(t), 'state.ndjson');
    const venue = await Venue.open(t);
    const store = new Store(path, venue.bench.exchange);
    venue.server.beforeSend = () => store.flush();
    const feed = await venue.feed();
    await feed.command({ id: 1, cmd: 'subscribe', params: { channels: ['fill', 'trade', 'user_orders'] } });
    await venue.a.order({ count: '5.00' });
    await venue.b.order({ side: 'ask', count: '3.00' });
    await feed.drained();
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    const fills = lines.map((line) => (JSON.parse(line) as { t: string }[]).filter((row) => row.t === 'fill').length);
    assert.deepEqual(
      fills.filter((n) => n > 0),
      [2],
    );
    store.close();
  });

  test('a file that is something else is named with its line, and left as it is', (t) => {
    for (const [text, line] of [
      ['my notes', 1],
      ['my notes\n', 1],
      ['[{"t":"cash","v":{"userId":"a","shard":0,"cash":5}}]\n5\n', 2],
      ['[{"t":"cash","v":{"userId":"a","shard":0,"cash":5}}]\n[{"t":"wish","v":1}]\n', 2],
      ['[{"t":"cash","v":{"userId":"a","shard":0,"cash":5}}]\nmy notes', 2],
    ] as const) {
      const path = join(folder(t), 'state');
      writeFileSync(path, text);
      assert.throws(
        () => new Store(path, new Bench().exchange),
        (error: Error) => {
          assert.ok(error instanceof StateError);
          assert.ok(error.message.startsWith(`${path}:${line}: not a line of an exchange state log`), error.message);
          return true;
        },
      );
      assert.equal(readFileSync(path, 'utf8'), text);
    }
    const path = folder(t);
    assert.throws(() => new Store(path, new Bench().exchange), new RegExp(`^.*${path} cannot be used to keep`));
  });

  test('a deleted group stays deleted', (t) => {
    const path = join(folder(t), 'state.ndjson');
    const group = { groupId: 'g', userId: 'a', exchangeIndex: 0, limit: lots(1), triggered: false };
    const row = (deleted: boolean): string => `${JSON.stringify([{ t: 'group', v: { ...group, deleted } }])}\n`;
    writeFileSync(path, row(false));
    const bench = new Bench();
    new Store(path, bench.exchange).close();
    assert.equal(bench.exchange.groups.size, 1);
    appendFileSync(path, row(true));
    const again = new Bench();
    new Store(path, again.exchange).close();
    assert.equal(again.exchange.groups.size, 0);
  });
});

test('a scenario that lists a market can be started again over the state it left', async (t) => {
  const statePath = join(folder(t), 'state.ndjson');
  const path = join(folder(t), 'scenario.yaml');
  writeFileSync(path, 'steps: [{ atSeconds: 0, do: list, market: NEW-1-A }]');
  for (const expected of [/: list NEW-1-A$/, /not done, market NEW-1-A is there already$/]) {
    let tell: (text: string) => void = () => {};
    const told = new Promise<string>((resolve) => {
      tell = resolve;
    });
    const { world } = await open(t, { statePath, scenario: readScenario(path), onScenario: (text) => tell(text) });
    assert.match(await told, expected);
    world.close();
  }
});

test('a port somebody listens on is refused by name', async (t) => {
  const { world } = await open(t);
  const second = new World(options({ server: { port: world.port } }));
  await assert.rejects(second.start(), (error: Error) => {
    assert.ok(error instanceof PortInUse);
    assert.match(error.message, new RegExp(`^port ${world.port} on 127.0.0.1 is already in use: stop what listens`));
    return true;
  });
});
