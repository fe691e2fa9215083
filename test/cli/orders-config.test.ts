import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { readConfig } from '../../engine/cli/config.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(path.join(tmpdir(), 'hundred-orders-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The paper configuration with another `orders` section, or none. */
function withOrders(orders: string): string {
  const text = readFileSync(path.join(ROOT, 'config', 'paper.yaml'), 'utf8');
  const file = path.join(folder, 'config.yaml');
  writeFileSync(file, `${text.replace(/^orders:\n( .*\n|\n)*/m, '')}\n${orders}\n`);
  return file;
}

const DEFAULTS = {
  transport: 'undici',
  connections: 8,
  expireSeconds: 900,
  signatures: {
    made: 'ahead',
    stepMs: 50,
    orderStepMs: 1000,
    aheadMs: 5000,
    maxAgeMs: 1000,
    reuse: false,
    orderPaths: 64,
    paths: [],
  },
};

test('orders go by undici with signatures made ahead, in the files we ship and without a word in them', () => {
  for (const name of ['paper.yaml', 'demo.yaml'])
    assert.deepEqual(readConfig(path.join(ROOT, 'config', name)).orders, DEFAULTS);
  assert.deepEqual(readConfig(withOrders('')).orders, DEFAULTS);
});

test('the raw socket and signing in line are a word each; what cannot be is refused by name', () => {
  const raw = readConfig(withOrders('orders: { transport: raw, signatures: { made: inline } }')).orders;
  assert.deepEqual([raw.transport, raw.signatures.made, raw.signatures.stepMs], ['raw', 'inline', 50]);
  const bad: readonly [string, RegExp][] = [
    ['expireSeconds: 5', /orders\.expireSeconds: expected 0 \(never\), or at least 30/],
    ['transport: h2', /orders\.transport: .*"undici"\|"raw"/],
    ['signatures: { maxAgeMs: 5000 }', /orders\.signatures\.maxAgeMs/],
    ['signatures: { stepMs: 0 }', /orders\.signatures\.stepMs/],
    ['signatures: { paths: ["POST orders"] }', /a method and a path below the API root/],
    ['signature: {}', /unknown field "signature" \(did you mean "signatures"\?\)/],
  ];
  for (const [text, wanted] of bad) assert.throws(() => readConfig(withOrders(`orders: { ${text} }`)), wanted);
});
