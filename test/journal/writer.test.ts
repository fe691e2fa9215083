import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { type JournalOptions, JournalWriter } from '../../engine/journal/index.ts';
import type { TimeUs } from '../../engine/units/index.ts';
import { frameText, readAll, tempFolder } from './files.ts';

const T = 1_776_490_453_460_692 as TimeUs;

/** A journal that hands over only when told, and what it complained about. */
function open(t: TestContext, options: Partial<JournalOptions> = {}) {
  const troubles: string[] = [];
  const path = join(tempFolder(t), 'session.ndjson.zst');
  let flush = (): void => undefined;
  const journal = new JournalWriter({
    path,
    onTrouble: (text) => troubles.push(text),
    every: (act) => {
      flush = act;
      return () => undefined;
    },
    ...options,
  });
  t.after(() => journal.close());
  return { journal, troubles, path: options.path ?? path, flush: () => flush() };
}

/** Let the process go on until something holds; the test's own time limit ends a wait in vain. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await turn();
}

test('every kind of record comes back in the order it was given, each with its time', async (t) => {
  const { journal, troubles, path } = open(t);
  journal.session('{"use_yes_price":true}', T);
  journal.input('{"kind":"link","up":true}', (T + 1) as TimeUs);
  journal.frame(Buffer.from('{"type":"a"}'), (T + 2) as TimeUs);
  journal.action('{\n  "kind": "send"\n}', (T + 3) as TimeUs);
  journal.frame(Buffer.from('{"type":"b"}'), (T + 3) as TimeUs);
  journal.input('{"kind":"timer"}', 0 as TimeUs);
  const stats = await journal.close();
  const { lines, error } = await readAll(path);
  assert.equal(error, null);
  assert.deepEqual(
    lines.map((l) => l.recvTime),
    [T, T + 1, T + 2, T + 3, T + 3, 0],
  );
  assert.deepEqual(
    lines.map((l) => (l.frame === null ? Object.keys(l.record as object)[1] : frameText(l))),
    ['session', 'input', '{"type":"a"}', 'action', '{"type":"b"}', 'input'],
  );
  assert.deepEqual(lines[3]!.record, { at_ns: Number(`${T + 3}000`), action: { kind: 'send' } });
  assert.deepEqual(stats, { records: 6, bytes: statSync(path).size, dropped: 0, blocks: 1 });
  assert.deepEqual(troubles, []);
});

test('whatever a socket delivers comes back byte for byte, but for white space behind a JSON object', async (t) => {
  const { journal, path } = open(t, { chunkBytes: 256, blockBytes: 512 });
  const odd = [
    '',
    ' ',
    '{',
    'null',
    '[1]',
    '{"a":1}',
    '{"a":1}\n',
    ' {"a":1}',
    '{"a":\n1}',
    '{"a":"\r"}',
    '\ufeff{"a":1}',
  ];
  const frames = [
    ...odd.map((s) => Buffer.from(s)),
    Buffer.from('{"a":"\xff"}', 'latin1'),
    Buffer.alloc(3000, 1),
    ...fc.sample(fc.uint8Array({ maxLength: 40 }), { numRuns: 200, seed: 1 }).map((b) => Buffer.from(b)),
    ...fc.sample(fc.string({ unit: 'binary' }), { numRuns: 200, seed: 2 }).map((s) => Buffer.from(s)),
    ...fc.sample(fc.object(), { numRuns: 200, seed: 3 }).map((o) => Buffer.from(JSON.stringify(o))),
  ];
  frames.forEach((frame, i) => {
    journal.frame(frame, (T + i) as TimeUs);
  });
  const stats = await journal.close();
  assert.equal(stats.records, frames.length);
  assert.ok(stats.blocks > 10);
  const { lines, error } = await readAll(path);
  assert.equal(error, null);
  assert.equal(lines.length, frames.length);
  frames.forEach((frame, i) => {
    const kept = frame.toString() === '{"a":1}\n' ? Buffer.from('{"a":1}') : frame;
    assert.deepEqual(Buffer.from(lines[i]!.frame!), kept, `frame ${i}: ${JSON.stringify(frame.toString())}`);
    assert.equal(lines[i]!.recvTime, T + i);
  });
});

test('a record that is not JSON is kept as text rather than breaking the file', async (t) => {
  const { journal, path } = open(t);
  journal.input('{"kind":', T);
  journal.action('[1]', T);
  await journal.close();
  const { lines, error } = await readAll(path);
  assert.equal(error, null);
  assert.deepEqual(
    lines.map((l) => Object.values(l.record as object)[1]),
    [{ unreadable: '{"kind":' }, { unreadable: '[1]' }],
  );
});

test('what was recorded can be read while the session still runs', async (t) => {
  const { journal, path, flush } = open(t, { blockMs: 1 });
  journal.frame(Buffer.from('{"n":1}'), T);
  flush();
  await until(async () => existsSync(path) && (await readAll(path)).lines.length === 1);
  journal.frame(Buffer.from('{"n":2}'), T);
  flush();
  await until(async () => (await readAll(path)).lines.length === 2);
  const stats = await journal.close();
  assert.deepEqual([stats.records, stats.blocks], [2, 2]);
});

test('a journal is readable by its owner only', async (t) => {
  const { journal, path } = open(t);
  await journal.close();
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('a journal never overwrites another, says so once, and the session goes on', async (t) => {
  const path = join(tempFolder(t), 'old');
  writeFileSync(path, 'precious');
  const { journal, troubles, flush } = open(t, { path });
  journal.frame(Buffer.from('{}'), T);
  flush();
  await until(() => troubles.length > 0);
  journal.frame(Buffer.from('{}'), T);
  flush();
  const stats = await journal.close();
  assert.deepEqual(stats, { records: 0, bytes: 0, dropped: 2, blocks: 0 });
  assert.equal(troubles.length, 1);
  assert.match(troubles[0]!, /already exists.*no longer recorded/);
  assert.ok(troubles[0]!.includes(path));
  assert.equal(readFileSync(path, 'utf8'), 'precious');
});

test('a folder that is missing or no folder is named', async (t) => {
  const folder = tempFolder(t);
  const missing = open(t, { path: join(folder, 'nowhere', 'j') });
  await until(() => missing.troubles.length > 0);
  assert.match(missing.troubles[0]!, /folder .*nowhere does not exist; create it/);
  writeFileSync(join(folder, 'file'), '');
  const notFolder = open(t, { path: join(folder, 'file', 'j') });
  await until(() => notFolder.troubles.length > 0);
  assert.match(notFolder.troubles[0]!, /file is not a folder/);
  mkdirSync(join(folder, 'taken'));
  const taken = open(t, { path: join(folder, 'taken') });
  await until(() => taken.troubles.length > 0);
  assert.match(taken.troubles[0]!, /already exists/);
});

test('a disk that is too slow costs records, counted and marked where they are missing, never memory', async (t) => {
  const maxQueueBytes = 4096;
  const { journal, troubles, path } = open(t, { maxQueueBytes, chunkBytes: 512 });
  let sent = 0;
  const burst = (n: number): void => {
    for (let i = 0; i < n; i++) journal.frame(Buffer.from(`{"n":${sent++}}`), T);
  };
  burst(1000);
  assert.deepEqual(troubles, ['journal: the disk is too slow, records are being dropped']);
  // The thread takes what is waiting; then records are accepted again, until the queue is full once more.
  for (const episodes of [2, 3, 4]) {
    await until(() => {
      if (troubles.length < episodes) burst(400);
      return troubles.length >= episodes;
    });
  }
  const stats = await journal.close();
  const { lines, error } = await readAll(path);
  assert.equal(error, null);
  let next = 0;
  let missing = 0;
  for (const line of lines) {
    if (line.frame === null) {
      const { dropped } = (line.record as { session: { dropped: number } }).session;
      missing += dropped;
      next += dropped;
    } else assert.deepEqual(JSON.parse(frameText(line)), { n: next++ });
  }
  assert.equal(next, sent, 'every record is there or marked as missing, the last ones too');
  assert.equal(stats.records, lines.length);
  const written = lines.filter((l) => l.frame !== null).length;
  assert.equal(stats.dropped, missing);
  assert.ok(written > 300);
  assert.equal(sent, written + missing);
  assert.equal(new Set(troubles).size, 1);
});

test('closing twice is closing once, and what comes after is counted as dropped', async (t) => {
  const { journal, path } = open(t);
  journal.frame(Buffer.from('{}'), T);
  const first = journal.close();
  journal.frame(Buffer.from('{}'), T);
  assert.equal(journal.close(), first);
  assert.deepEqual(await first, { records: 1, bytes: statSync(path).size, dropped: 1, blocks: 1 });
});

test('a killed process leaves every complete block, then a clear end', async (t) => {
  const path = join(tempFolder(t), 'killed');
  const child = spawn(process.execPath, [join(import.meta.dirname, 'writing-child.ts'), path]);
  t.after(() => child.kill('SIGKILL'));
  await until(() => existsSync(path) && statSync(path).size > 60_000);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const { lines, error } = await readAll(path);
  assert.ok(lines.length > 500);
  lines.forEach((line, i) => {
    assert.equal((JSON.parse(frameText(line)) as { n: number }).n, i);
  });
  if (error !== null) {
    assert.equal(error.code, 'truncated');
    assert.equal(error.line, lines.length + 1);
  }
});

test('a disk that fills up is told once and leaves a file that is whole up to its last block', async (t) => {
  const path = join(tempFolder(t), 'full');
  const argv = [process.execPath, join(import.meta.dirname, 'writing-child.ts'), path, '3000'];
  // A limit on the size of files stands for the full disk: the write fails in the same way, halfway through a block.
  const child = spawn('sh', ['-c', 'trap "" XFSZ; ulimit -f 32; exec "$@"', 'sh', ...argv]);
  let out = '';
  child.stdout.on('data', (text: Buffer) => {
    out += text.toString();
  });
  const [status] = (await once(child, 'exit')) as [number];
  assert.equal(status, 0);
  const [trouble, stats, ...more] = out.trim().split('\n');
  assert.deepEqual(more, []);
  assert.match(trouble!, /largest size.*no longer recorded/);
  const { records, bytes, dropped } = JSON.parse(stats!) as { records: number; bytes: number; dropped: number };
  const { lines, error } = await readAll(path);
  assert.equal(error, null);
  assert.ok(lines.length > 100);
  assert.equal(lines.length, records);
  assert.equal(statSync(path).size, bytes);
  assert.equal(records + dropped, 3000);
});
