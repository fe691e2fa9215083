import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { exchangeCommand } from '../../engine/cli/exchange.ts';
import { startCommand } from '../../engine/cli/start.ts';
import { UsageError } from '../../engine/cli/usage.ts';
import { syntheticListings } from '../../engine/exchange/synthetic/listings.ts';
import { PRESETS, type PresetName } from '../../engine/exchange/synthetic/presets.ts';
import { World } from '../../engine/exchange/world.ts';
import type { Money } from '../../engine/units/index.ts';
import { START_US } from './support/bench.ts';
import { Client, ED25519, type Json } from './support/venue.ts';

describe('choosing a synthetic market', () => {
  test('a preset there is not is refused with those there are, by both commands', async () => {
    const text = `--preset busy: there is no such preset; there is ${Object.keys(PRESETS).join(', ')}`;
    for (const command of [exchangeCommand, startCommand])
      await assert.rejects(command(['--preset', 'busy']), new UsageError(text));
  });

  test('a number of markets out of range, a recording beside a preset and a truth file that cannot be are refused', async () => {
    const refused = (args: string[], text: RegExp): Promise<void> =>
      assert.rejects(exchangeCommand(args), (e) => e instanceof UsageError && text.test(e.message));
    await refused(['--markets', '0'], /^--markets 0/);
    await refused(
      ['--preset', 'mid', '--feed', 'x'],
      /^--preset is for a synthetic market: it does not go with --feed$/,
    );
    await refused(['--truth', '/nowhere/truth'], /^--truth \/nowhere\/truth cannot be written: ENOENT/);
  });

  test('every preset lists markets under names of their own, closing at the end of their life', () => {
    for (const name of Object.keys(PRESETS) as PresetName[]) {
      const listings = syntheticListings(name, 7, START_US as never, 'quadratic');
      assert.equal(new Set(listings.map(({ ticker }) => ticker)).size, 7);
      for (const { ticker, eventTicker, closeTime } of listings) {
        assert.ok(ticker.startsWith(`${eventTicker}-`));
        assert.equal(closeTime - START_US, PRESETS[name].hours * 3_600_000_000);
      }
    }
  });

  test('an event is one of exclusive markets, whose truth only those learn who asked at the start', async (t) => {
    let lines = '';
    const world = new World({
      server: { tier: 'prestige' },
      keys: [{ keyId: ED25519.keyId, publicPem: ED25519.publicPem }],
      seed: 1,
      balance: 10_000_000_000 as Money,
      makerFees: false,
      preset: 'event',
      markets: 3,
      onTruth: (text) => {
        lines += text;
      },
    });
    t.after(() => world.close());
    const client = new Client(await world.start(), ED25519, Date.now);
    const { body } = await client.get('/events/SYN-EVENT');
    assert.equal((body['event'] as Json)['mutually_exclusive'], true);
    assert.deepEqual(
      (body['markets'] as Json[]).map((m) => m['ticker']),
      ['SYN-EVENT-1', 'SYN-EVENT-2', 'SYN-EVENT-3'],
    );
    const truth = lines
      .trim()
      .split('\n')
      .slice(0, 3)
      .map((line) => JSON.parse(line) as { ticker: string; p: number; time: number });
    assert.deepEqual(
      truth.map(({ ticker }) => ticker),
      world.tickers,
    );
    assert.ok(Math.abs(truth.reduce((sum, { p }) => sum + p, 0) - 1) < 1e-12);
    const fair = world.synthetic!.world.fair('SYN-EVENT-2');
    assert.equal(world.jump('SYN-EVENT-2', 1), true);
    assert.ok(world.synthetic!.world.fair('SYN-EVENT-2') > fair);
    assert.equal(world.jump('ELSEWHERE', 1), false);
  });
});
