import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { frameText, gzip, readAll, skippable, tempFile, tempFolder, zstd } from './files.ts';

const NS = 1_776_490_453_460_692_123n;

interface Sample {
  readonly ns: bigint | null;
  readonly fill: boolean;
  readonly frame: string;
}

const samples: fc.Arbitrary<Sample> = fc.record({
  ns: fc.option(fc.bigInt({ min: 0n, max: 9_007_199_254_740_991_999n })),
  fill: fc.boolean(),
  frame: fc
    .dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue(), { maxKeys: 4 })
    .map((value) => JSON.stringify(value)),
});

function commonLine(s: Sample): string {
  return `{"recv_ns":${s.ns},${s.fill ? '"fill":true,' : ''}"frame":${s.frame}}`;
}

/** The same in another order, with other spacing and keys of another recorder. */
function oddLine(s: Sample, order: readonly number[]): string {
  const members = [`"recv_ns" :${s.ns}`, `"fill": ${s.fill}`, `"frame":\t ${s.frame} `, '"note":["}",{"frame":1}]'];
  return ` { ${order.map((i) => members[i]).join(' , ')} } `;
}

function expected(s: Sample): { ns: bigint | null; fill: boolean; frame: string } {
  return { ns: s.ns === null ? null : s.ns / 1000n, fill: s.fill, frame: s.frame };
}

test('plain, gzip and zstd, cut anywhere into reads, members and frames, give the same frames byte for byte', async (t) => {
  const folder = tempFolder(t);
  const path = join(folder, 'capture');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(samples, fc.boolean(), fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 })), {
        minLength: 1,
        maxLength: 6,
      }),
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      fc.array(fc.nat(2000), { maxLength: 3 }),
      fc.oneof(fc.integer({ min: 2, max: 9 }), fc.integer({ min: 10, max: 99 }), fc.integer({ min: 100, max: 3000 })),
      async (rows, lineEnd, endsInLineEnd, cuts, chunkBytes) => {
        const lines = rows.map(([s, odd, order]) => (odd ? oddLine(s, order) : commonLine(s)));
        const text = Buffer.from(lines.join(lineEnd) + (endsInLineEnd ? lineEnd : ''));
        const places = [0, ...cuts.map((c) => c % text.length).sort((a, b) => a - b), text.length];
        const pieces = places.slice(1).map((end, i) => text.subarray(places[i], end));
        const files = [
          text,
          Buffer.concat([...pieces.map((p) => gzip(p)), Buffer.alloc(5)]),
          Buffer.concat(pieces.flatMap((p) => [skippable(p.length % 7), zstd(p)])),
        ];
        const want = rows.map(([s]) => expected(s));
        for (const file of files) {
          writeFileSync(path, file);
          const { lines: read, error } = await readAll(path, { chunkBytes });
          assert.equal(error, null);
          const got = read.map((l) => ({
            ns: l.recvTime === null ? null : BigInt(l.recvTime),
            fill: l.fill,
            frame: frameText(l),
          }));
          assert.deepEqual(got, want);
          assert.deepEqual(
            read.map((l) => l.line),
            rows.map((_, i) => i + 1),
          );
        }
      },
    ),
    { numRuns: 50 },
  );
});

test('a receive time in nanoseconds keeps every microsecond, which it would not as a double', async (t) => {
  const path = tempFile(t, `{"recv_ns":${NS},"frame":{}}\n{"frame":{},"recv_ns":${NS}}\n{"recv_ns":999,"frame":{}}\n`);
  const { lines } = await readAll(path);
  assert.deepEqual(
    lines.map((l) => l.recvTime),
    [1_776_490_453_460_692, 1_776_490_453_460_692, 0],
  );
});

test('the lines of a journal: frames that were no JSON, and records', async (t) => {
  const path = tempFile(
    t,
    [
      `{"at_ns":${NS},"session":{"use_yes_price":true}}`,
      '{"recv_ns":1000,"raw":"not json\\n\\u00e9"}',
      '{"recv_ns":1000,"raw64":"//57"}',
      '{"at_ns":2000,"input":{"kind":"timer"}}',
      '{"at_ns":3000,"action":{"kind":"send"}}',
    ].join('\n'),
  );
  const { lines, error } = await readAll(path);
  assert.equal(error, null);
  assert.deepEqual(
    lines.map((l) => l.recvTime),
    [1_776_490_453_460_692, 1, 1, 2, 3],
  );
  assert.equal(frameText(lines[1]), 'not json\né');
  assert.deepEqual([...lines[2]!.frame!], [0xff, 0xfe, 0x7b]);
  assert.equal(lines[3]!.frame, null);
  assert.deepEqual(lines[3]!.record, { at_ns: 2000, input: { kind: 'timer' } });
  assert.deepEqual(lines[4]!.record, { at_ns: 3000, action: { kind: 'send' } });
});

test('a frame handed out stays what it was while the file is read on', async (t) => {
  const texts = Array.from({ length: 400 }, (_, i) => `{"n":${i},"pad":"${'x'.repeat(i)}"}`);
  const path = tempFile(t, gzip(texts.map((f) => `{"recv_ns":null,"frame":${f}}\n`).join('')));
  const { lines } = await readAll(path, { chunkBytes: 64 });
  assert.deepEqual(lines.map(frameText), texts);
});

test('blank lines may end a capture but not stand inside it, where they would hide a loss', async (t) => {
  const good = '{"recv_ns":null,"frame":{}}\n';
  const ended = await readAll(tempFile(t, `${good}\n\r\n\n`));
  assert.equal(ended.error, null);
  assert.equal(ended.lines.length, 1);
  const inside = await readAll(tempFile(t, `${good}\n${good}`));
  assert.equal(inside.lines.length, 1);
  assert.match(String(inside.error?.message), /blank line/);
});

const REFUSED: readonly (readonly [string, string | Buffer, string, RegExp])[] = [
  ['an empty file', '', 'empty', /empty|no lines/],
  ['nothing but line ends', '\n\n', 'empty', /no lines/],
  ['an empty gzip', gzip(''), 'empty', /no lines/],
  ['a CSV', 'time,price\n1,2\n', 'not_capture', /time,price/],
  ['pretty-printed JSON', '{\n  "a": 1\n}\n', 'not_capture', /not a capture/],
  ['a sampled top of book', '{"yb":0.1,"ya":0.2,"ticker":"A"}\n', 'not_capture', /"yb", "ya", "ticker".*recv_ns/],
  ['a JSON array', '[1,2]\n', 'not_capture', /recv_ns/],
  ['a frame that is no object', '{"recv_ns":1,"frame":3}\n', 'not_capture', /"frame" is not an object/],
  ['a frame without receive time', '{"frame":{}}\n', 'not_capture', /recv_ns/],
  ['two bodies', '{"recv_ns":1,"frame":{},"raw":""}\n', 'not_capture', /recv_ns/],
  ['a time with a fraction', '{"recv_ns":1.5,"frame":{}}\n', 'not_capture', /"recv_ns" is "1.5"/],
  ['a negative time', '{"recv_ns":-5000,"frame":{}}\n', 'not_capture', /"recv_ns" is "-5000"/],
  ['a record without time', '{"at_ns":null,"input":{}}\n', 'not_capture', /at_ns/],
  ['broken base64', '{"recv_ns":1,"raw64":"a"}\n', 'not_capture', /base64/],
  ['raw text that is no Unicode', '{"recv_ns":1,"raw":"\\ud800"}\n', 'not_capture', /raw/],
  ['bytes that are no text', Buffer.from([0x7b, 0xff, 0xfe, 0x7d, 10]), 'bad_utf8', /UTF-8/],
];

test('what is not a capture is refused with its place, what is wrong and what is expected', async (t) => {
  for (const [name, content, code, message] of REFUSED) {
    const path = tempFile(t, content);
    const { lines, error } = await readAll(path);
    assert.equal(lines.length, 0, name);
    assert.equal(error?.code, code, name);
    assert.match(error?.message ?? '', message, name);
    assert.ok(error?.message.startsWith(error.line > 0 ? `${path}:${error.line}: ` : `${path}: `), name);
  }
});

test('a garbled line is named, and the lines before it are delivered', async (t) => {
  const good = '{"recv_ns":1000,"frame":{"a":1}}\n';
  const bad: readonly (readonly [string | Buffer, string])[] = [
    ['{"recv_ns":1000,"frame":{"a":1}}}\n', 'bad_json'],
    ['{"recv_ns":1000,"frame":{"a":01}}\n', 'bad_json'],
    ['{"recv_ns":1000,"frame":{"a":1}\n', 'bad_json'],
    ['{"recv_ns":01000,"frame":{"a":1}}\n', 'bad_json'],
    ['\u0000\n', 'bad_json'],
    [Buffer.from('{"recv_ns":1000,"frame":{"a":"\xff"}}\n', 'latin1'), 'bad_utf8'],
    ['{"recv_ns":1000,"frames":{}}\n', 'not_capture'],
  ];
  for (const [line, code] of bad) {
    const content = Buffer.concat([Buffer.from(good + good), Buffer.from(line as string), Buffer.from(good)]);
    const { lines, error } = await readAll(tempFile(t, content));
    assert.equal(lines.length, 2, String(line));
    assert.equal(error?.code, code, String(line));
    assert.equal(error?.line, 3, String(line));
  }
});

test('files that cannot be opened are told apart', async (t) => {
  const folder = tempFolder(t);
  assert.equal((await readAll(join(folder, 'nothing'))).error?.code, 'not_found');
  assert.equal((await readAll(folder)).error?.code, 'is_directory');
  const path = tempFile(t, '{"recv_ns":1,"frame":{}}\n');
  assert.equal((await readAll(join(path, 'inside'))).error?.code, 'not_found');
  if (process.getuid?.() === 0) return;
  chmodSync(path, 0);
  assert.equal((await readAll(path)).error?.code, 'no_access');
});

test('a line without end is refused before it fills the memory, also out of a tiny file', async (t) => {
  const limit = await readAll(tempFile(t, `{"recv_ns":1,"frame":{"a":"${'x'.repeat(500)}"}}`), { maxLineBytes: 400 });
  assert.equal(limit.error?.code, 'line_too_long');
  const endless = zstd(Buffer.alloc(66 * 1024 * 1024, 0x20));
  assert.ok(endless.length < 16_384);
  const { error } = await readAll(tempFile(t, endless));
  assert.equal(error?.code, 'line_too_long');
  assert.equal(error?.line, 1);
});

test('one zstd frame of many megabytes is read like many small ones', async (t) => {
  const noise = Array.from({ length: 60_000 }, (_, i) => {
    const text = Array.from({ length: 8 }, (_, k) => Math.imul(i * 8 + k + 1, 0x9e3779b1).toString(36)).join('');
    return `{"recv_ns":null,"frame":{"n":${i},"noise":"${text}"}}\n`;
  });
  const { lines, error } = await readAll(tempFile(t, zstd(noise.join(''))));
  assert.equal(error, null);
  assert.equal(lines.length, noise.length);
  for (let i = 0; i < noise.length; i += 997) assert.equal(frameText(lines[i]), noise[i]!.slice(24, -2));
});
