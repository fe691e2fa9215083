import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { frameText, gzip, readAll, skippable, tempFolder, zstd } from './files.ts';

const FRAMES = Array.from({ length: 24 }, (_, i) => `{"n":${i},"s":"é€${'ab'.repeat(i % 5)}"}`);
const LINES = FRAMES.map((frame, i) => `{"recv_ns":${1_776_490_453_460_692_000n + BigInt(i)},"frame":${frame}}\n`);
const PARTS = [LINES.slice(0, 8), LINES.slice(8, 16), LINES.slice(16)].map((lines) => lines.join(''));

/** A file, and how many lines are in it where it may be cut without anybody noticing: between two complete parts. */
interface Subject {
  readonly name: string;
  readonly file: Buffer;
  readonly whole: ReadonlyMap<number, number>;
}

function subject(name: string, parts: readonly Buffer[], counts: readonly number[]): Subject {
  const whole = new Map<number, number>();
  let length = 0;
  let lines = 0;
  parts.forEach((part, i) => {
    length += part.length;
    lines += counts[i]!;
    whole.set(length, lines);
  });
  return { name, file: Buffer.concat(parts), whole };
}

const SUBJECTS: readonly Subject[] = [
  subject('gzip', PARTS.map(gzip), [8, 8, 8]),
  subject('zstd', [zstd(PARTS[0]!), skippable(9), zstd(PARTS[1]!), zstd(PARTS[2]!)], [8, 0, 8, 8]),
];

for (const { name, file, whole } of SUBJECTS) {
  test(`a ${name} file cut after any byte is told as cut, never taken for a whole one`, async (t) => {
    const path = join(tempFolder(t), 'cut');
    for (let cut = 0; cut <= file.length; cut++) {
      writeFileSync(path, file.subarray(0, cut));
      const { lines, error } = await readAll(path, { chunkBytes: cut % 3 === 0 ? 7 : 65_536 });
      assert.deepEqual(lines.map(frameText), FRAMES.slice(0, lines.length), `cut after ${cut}`);
      const complete = whole.get(cut);
      if (complete !== undefined) {
        assert.equal(error, null, `cut after ${cut}, between two parts`);
        assert.equal(lines.length, complete);
        continue;
      }
      assert.equal(error?.code, cut === 0 ? 'empty' : 'truncated', `cut after ${cut}: ${error?.message}`);
      if (cut > 0) assert.equal(error?.line, lines.length + 1);
      // Complete parts are never held back because of what follows them.
      for (const [at, count] of whole) if (at <= cut) assert.ok(lines.length >= count, `cut after ${cut}`);
    }
  });

  test(`a ${name} file with any byte changed is told as damaged, unless nothing of its text changed`, async (t) => {
    const path = join(tempFolder(t), 'changed');
    const silent: number[] = [];
    for (let at = 0; at < file.length; at++) {
      for (const mask of [0x01, 0xff]) {
        const changed = Buffer.from(file);
        changed[at] = changed[at]! ^ mask;
        writeFileSync(path, changed);
        const { lines, error } = await readAll(path);
        if (error !== null) continue;
        assert.deepEqual(lines.map(frameText), FRAMES, `byte ${at} changed by ${mask}`);
        silent.push(at);
      }
    }
    // Only header fields nobody reads: times and system in gzip, the content of a skippable frame and its magic in zstd.
    assert.ok(silent.length < file.length / 4, `${silent.length} changes of ${2 * file.length} went unnoticed`);
  });
}

test('a text file cut inside a line is told as cut; after a whole line without its line end it is not', async (t) => {
  const path = join(tempFolder(t), 'cut');
  const text = Buffer.from(LINES.slice(0, 4).join(''));
  for (let cut = 1; cut <= text.length; cut++) {
    writeFileSync(path, text.subarray(0, cut));
    const { lines, error } = await readAll(path);
    const ends = text.subarray(0, cut).toString('latin1').split('\n');
    const rest = ends.pop()!;
    const isWhole = rest === '' || rest.length === Buffer.byteLength(LINES[ends.length]!) - 1;
    assert.equal(lines.length, ends.length + (isWhole && rest !== '' ? 1 : 0), `cut after ${cut}`);
    assert.equal(error?.code, isWhole ? undefined : 'truncated', `cut after ${cut}`);
    if (error !== null) assert.equal(error.line, ends.length + 1);
  }
});

test('what is appended to a compressed file and is not compressed is told, not passed over', async (t) => {
  const path = join(tempFolder(t), 'appended');
  const text = Buffer.from(LINES[0]!);
  for (const tail of [text, Buffer.concat([Buffer.alloc(3), text]), Buffer.concat([Buffer.alloc(3), gzip(text)])]) {
    writeFileSync(path, Buffer.concat([gzip(PARTS[0]!), tail]));
    const { lines, error } = await readAll(path);
    assert.deepEqual(lines.map(frameText), FRAMES.slice(0, lines.length));
    assert.equal(error?.code, 'corrupt');
    assert.equal(error?.line, lines.length + 1);
  }
  writeFileSync(path, Buffer.concat([zstd(PARTS[0]!), text]));
  const { lines, error } = await readAll(path);
  assert.equal(lines.length, 8);
  assert.equal(error?.code, 'corrupt');
});
