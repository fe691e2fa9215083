import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostsOf, requireSafe } from '../../engine/kalshi/hosts.ts';

const REST = 'http://127.0.0.1:8100/trade-api/v2';
const WS = 'ws://127.0.0.1:8100/trade-api/ws/v2';

test('prod and demo have their own hosts, all encrypted, and are never mixed', () => {
  for (const environment of ['prod', 'demo'] as const) {
    const { restUrl, wsUrl } = hostsOf(environment);
    requireSafe({ restUrl, wsUrl });
    assert.match(restUrl, /^https:.*\/trade-api\/v2$/);
    assert.match(wsUrl, /^wss:.*\/trade-api\/ws\/v2$/);
    for (const url of [restUrl, wsUrl]) assert.equal(url.includes('demo'), environment === 'demo', url);
  }
});

test('orders never travel unencrypted to another machine by accident', () => {
  requireSafe({ restUrl: REST, wsUrl: WS });
  requireSafe({ restUrl: 'http://[::1]:8100/v2', wsUrl: 'ws://localhost:8100/ws' });
  for (const host of [
    'example.com',
    '10.0.0.1',
    '127.0.0.1.example.com',
    'localhost.example.com',
    '0.0.0.0',
    '[::2]',
  ]) {
    assert.throws(
      () => requireSafe({ restUrl: `http://${host}/v2`, wsUrl: WS }),
      /restUrl .*not encrypted.*https/,
      host,
    );
    assert.throws(() => requireSafe({ restUrl: REST, wsUrl: `ws://${host}/ws` }), /wsUrl .*not encrypted.*wss/, host);
  }
  requireSafe({ restUrl: 'http://box/v2', wsUrl: 'ws://box/ws' }, true);
});

test('unusable URLs are refused by the name of the setting, without repeating a password', () => {
  assert.throws(() => requireSafe({ restUrl: 'nonsense', wsUrl: WS }), /restUrl is not a URL/);
  assert.throws(() => requireSafe({ restUrl: WS, wsUrl: WS }), /restUrl .* must begin with https/);
  assert.throws(() => requireSafe({ restUrl: REST, wsUrl: REST }), /wsUrl .* must begin with wss/);
  assert.throws(() => requireSafe({ restUrl: 'https://h/v2?a=1', wsUrl: WS }), /query/);
  assert.throws(
    () => requireSafe({ restUrl: 'https://me:secret@h/v2', wsUrl: WS }),
    (error: unknown) => error instanceof Error && !error.message.includes('secret'),
  );
});
