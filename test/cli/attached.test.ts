/**
 * Once any `ArrayBuffer` of a thread was detached, V8 checks every access of that thread to a typed array for it, and
 * books, decoder and encoders are made of those accesses. Nothing the daemon does on its main thread may be the first.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PROBE = path.join(ROOT, 'test/support/attached.mjs');
const STRIP = path.join(ROOT, 'scripts/strip.mjs');

async function probe(...options: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--allow-natives-syntax', ...options, PROBE]);
  return stdout.trim();
}

test('loading the daemon and keeping a journal detaches no buffer, and typed arrays stay fast', async () => {
  assert.equal(await probe('--import', STRIP), 'no buffer was detached before');
});

test('the probe notices that types were stripped in the main thread', async () => {
  assert.equal(await probe(), 'a buffer was detached before');
});
