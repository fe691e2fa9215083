// Loads the daemon and keeps a journal, then says whether anything on the way has detached an ArrayBuffer: a function
// optimized before that is thrown away by V8 at the first one. Needs --allow-natives-syntax.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const { JournalWriter } = await import('../../engine/journal/index.ts');
await import('../../engine/cli/open.ts');

const folder = mkdtempSync(path.join(tmpdir(), 'attached-'));
const journal = new JournalWriter({ path: path.join(folder, 'journal'), onTrouble: console.error, chunkBytes: 4096 });
for (let n = 0; n < 500; n++) journal.frame(new Uint8Array(100 + n), n * 1000);
await journal.close();
rmSync(folder, { recursive: true });

const numbers = new Int32Array(64);
function touch(n) {
  for (let i = 0; i < 64; i++) numbers[i] = (numbers[i] + n) | 0;
  return numbers[n & 63];
}
const OPTIMIZED = 1 << 4;
const optimize = new Function(
  'f',
  '%PrepareFunctionForOptimization(f); f(1); f(2); %OptimizeFunctionOnNextCall(f); f(3);',
);
const statusOf = new Function('f', 'return %GetOptimizationStatus(f)');
optimize(touch);
const before = (statusOf(touch) & OPTIMIZED) !== 0;
const buffer = new ArrayBuffer(8);
structuredClone(buffer, { transfer: [buffer] });
touch(4);
const after = (statusOf(touch) & OPTIMIZED) !== 0;
console.log(!before ? 'not optimized' : after ? 'a buffer was detached before' : 'no buffer was detached before');
