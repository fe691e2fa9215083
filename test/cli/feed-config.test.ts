import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { readConfig } from '../../engine/cli/config.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(path.join(tmpdir(), 'hundred-feed-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The paper configuration with its feed section replaced by `feed`. */
function paperWith(name: string, feed: string): string {
  const text = readFileSync(path.join(ROOT, 'config', 'paper.yaml'), 'utf8');
  const without = text.replace(/^feed:\n( .*\n)+/m, '');
  assert.notEqual(without, text, 'config/paper.yaml has no feed section');
  const file = path.join(folder, name);
  writeFileSync(file, `${without}\n${feed}\n`);
  return file;
}

test('feed.socket is ws unless the file says raw; anything else is refused by name', () => {
  assert.equal(readConfig(path.join(ROOT, 'config', 'paper.yaml')).feed.socket, 'ws');
  assert.equal(readConfig(path.join(ROOT, 'config', 'demo.yaml')).feed.socket, 'ws');
  assert.equal(readConfig(paperWith('none.yaml', '')).feed.socket, 'ws');
  assert.equal(readConfig(paperWith('raw.yaml', 'feed: { socket: raw }')).feed.socket, 'raw');
  assert.throws(() => readConfig(paperWith('bad.yaml', 'feed: { socket: udp }')), /feed\.socket: .*"ws"\|"raw"/);
  assert.throws(() => readConfig(paperWith('typo.yaml', 'feed: { sockett: raw }')), /did you mean "socket"/);
});

test('the daemon quotes the embedded exchange over the raw socket and leaves nothing resting', async () => {
  const args = ['start', '--config', paperWith('daemon.yaml', 'feed: { socket: raw }'), '--for', '7s', '--no-journal'];
  const child = spawn(process.execPath, [path.join(ROOT, 'engine', 'cli', 'main.ts'), ...args], { cwd: folder });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.equal(code, 0, output);
  assert.match(output, /SYN-A-T50 {2}bid \d+@\d+ ask \d+@\d+/);
  assert.match(output, /the exchange confirms that nothing of ours rests/);
});
