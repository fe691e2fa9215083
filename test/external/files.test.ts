import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { type Reading, type SourceStatus, Sources } from '../../engine/external/index.ts';
import type { TimeUs } from '../../engine/units/index.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'hundred-external-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;

/** A file as a source, on a clock turned by hand; the file's own times are set to the clock's. */
class Bench {
  nowMs = 1_800_000_000_000;
  readonly file: string;
  readonly got: Reading[] = [];
  readonly words: string[] = [];
  private readonly sources: Sources;

  constructor(format: 'json' | 'ndjson') {
    this.file = path.join(folder, `values-${made++}.${format}`);
    this.sources = new Sources({
      sources: [
        {
          name: 'model',
          from: { kind: 'file', path: this.file, format, checkMs: 100 },
          min: 0,
          max: 1,
          values: null,
        },
      ],
      maxUpdatesPerSecond: 10_000,
      nowUs: () => (this.nowMs * 1000) as TimeUs,
      onValue: (reading) => this.got.push(reading),
      onReport: (level, _, text) => this.words.push(`${level} ${text}`),
    });
  }

  /** Let time pass in looks at the file; what came meanwhile, as text with the age of each. */
  async run(ms: number): Promise<string> {
    const from = this.got.length;
    for (let n = 0; n < ms; n += 100) {
      await this.sources.tick();
      this.nowMs += 100;
    }
    return this.got
      .slice(from)
      .map((r) => `${r.name}=${r.value}`)
      .join(' ');
  }

  write(text: string): void {
    writeFileSync(this.file, text);
    this.stamp();
  }

  append(text: string): void {
    appendFileSync(this.file, text);
    this.stamp();
  }

  /** As a careful writer does: beside it, then in its place. */
  replace(text: string): void {
    writeFileSync(`${this.file}.new`, text);
    renameSync(`${this.file}.new`, this.file);
    this.stamp();
  }

  stamp(agoMs = 0): void {
    const seconds = (this.nowMs - agoMs) / 1000;
    utimesSync(this.file, seconds, seconds);
  }

  get status(): SourceStatus {
    return this.sources.status()[0]!;
  }

  close(): Promise<void> {
    return this.sources.close();
  }
}

describe('a JSON file', () => {
  test('is read when it was replaced or written again, and not otherwise', async () => {
    const bench = new Bench('json');
    bench.replace('{"A": 0.5, "B": 0.25}');
    assert.equal(await bench.run(500), 'A=0.5 B=0.25');
    bench.replace('{"A": 0.51, "B": 0.25}');
    assert.equal(await bench.run(500), 'A=0.51 B=0.25', 'B is newer now');
    assert.equal(await bench.run(1000), '');
    bench.write('{"A": 0.52}');
    assert.equal(await bench.run(500), 'A=0.52');
    assert.deepEqual([bench.status.names, bench.status.accepted, bench.words], [2, 5, []]);
  });

  test('of a writer that died before we started is as old as the file, not as new as our reading of it', async () => {
    const bench = new Bench('json');
    bench.write('{"A": 0.5, "B": {"value": 0.25, "time": 1799999999}}');
    bench.stamp(3_600_000);
    await bench.run(100);
    const ages = bench.got.map((r) => bench.nowMs - 100 - r.at / 1000);
    assert.deepEqual(ages, [3_600_000, 1000]);
    assert.deepEqual([bench.status.newestMs, bench.status.oldestMs], [1100, 3_600_100]);
  });

  test('half written is waited for without a word; one that stays so is told of, once, and read when it is whole', async () => {
    const bench = new Bench('json');
    bench.write('{"A": 0.5');
    assert.equal(await bench.run(500), '');
    bench.write('{"A": 0.5, "B": 0.6}');
    assert.equal(await bench.run(500), 'A=0.5 B=0.6');
    assert.deepEqual(bench.words, []);
    bench.write('{"A": 0.7, "B": NaN}');
    assert.equal(await bench.run(5000), '');
    assert.equal(bench.words.length, 1);
    assert.match(bench.words[0]!, /^warn external source model \(.*\.json\) is no JSON \(NaN and Infinity are no JSON/);
    assert.match(bench.status.trouble, /is no JSON/);
    bench.write('{"A": 0.8}');
    assert.equal(await bench.run(500), 'A=0.8');
    assert.match(bench.words[1]!, /^info external source model \(.*\) can be read again/);
    assert.equal(bench.status.trouble, '');
  });

  test('that is no object of names is told of', async () => {
    for (const text of ['[0.5]', '0.5', 'null', '']) {
      const bench = new Bench('json');
      bench.write(text);
      await bench.run(2000);
      assert.equal(bench.words.length, 1, text);
      assert.match(bench.words[0]!, text === '' ? /no JSON/ : /expected an object of names and numbers/);
    }
  });

  test('that is gone is told of after a moment, its values stay to grow old, and it may come back', async () => {
    const bench = new Bench('json');
    await bench.run(900);
    assert.equal(bench.words.length, 0);
    await bench.run(500);
    assert.match(bench.words[0]!, /does not exist\. Its values grow old until it can be read again/);
    bench.write('{"A": 0.5}');
    assert.equal(await bench.run(300), 'A=0.5');
    unlinkSync(bench.file);
    await bench.run(3000);
    assert.equal(bench.words.filter((w) => w.startsWith('warn')).length, 2);
    assert.ok(bench.status.newestMs! >= 3000 && bench.status.failures > 1);
    bench.write('{"A": 0.5}');
    assert.equal(await bench.run(300), 'A=0.5');
    assert.equal(bench.status.trouble, '');
  });

  test('just written is read again, for the next write may leave no trace in its times, and gives its values once', async () => {
    const bench = new Bench('json');
    bench.write('{"A": 0.5}');
    bench.stamp(-500);
    assert.equal(await bench.run(500), 'A=0.5');
    assert.equal(bench.status.accepted, 1);
  });

  test('that is a folder or a pipe nobody writes to holds nothing up and is told of', async () => {
    const folderBench = new Bench('json');
    mkdirSync(folderBench.file);
    const pipeBench = new Bench('ndjson');
    assert.equal(spawnSync('mkfifo', [pipeBench.file]).status, 0);
    for (const bench of [folderBench, pipeBench]) {
      await bench.run(2000);
      assert.match(bench.words[0]!, /is no file of values but a folder, a pipe or a device/);
    }
  });

  test('of a closed source hands nothing over', async () => {
    const bench = new Bench('json');
    bench.write('{"A": 0.5}');
    await bench.close();
    assert.equal(await bench.run(500), '');
  });
});

describe('a file of lines', () => {
  test('gives each line that was appended once its end is there', async () => {
    const bench = new Bench('ndjson');
    bench.write('');
    await bench.run(100);
    bench.append('{"name":"A","value":0.5}\n{"name":"B","value":0.6}\r\n\n{"name":"A","val');
    assert.equal(await bench.run(300), 'A=0.5 B=0.6');
    bench.append('ue":0.7}');
    assert.equal(await bench.run(300), '');
    bench.append('\n');
    assert.equal(await bench.run(300), 'A=0.7');
    assert.deepEqual(bench.words, []);
  });

  test('found full: a line without a time may be of any age and is passed over, but for the last one', async () => {
    const bench = new Bench('ndjson');
    const line = (name: string, value: number, time?: string): string => `${JSON.stringify({ name, value, time })}\n`;
    bench.write(line('A', 0.1) + line('B', 0.2, '2027-01-15T07:59:00Z') + line('C', 0.3));
    bench.stamp(60_000);
    assert.equal(await bench.run(200), 'B=0.2 C=0.3');
    assert.deepEqual(
      bench.got.map((r) => bench.nowMs - 200 - r.at / 1000),
      [60_000, 60_000],
    );
    bench.append(line('A', 0.4));
    assert.equal(await bench.run(200), 'A=0.4');
    const partial = new Bench('ndjson');
    partial.write(`${line('A', 0.1)}{"name":"B"`);
    assert.equal(await partial.run(200), '', 'the file was written last in the middle of the next line');
  });

  test('that was rotated or cut is found anew', async () => {
    const bench = new Bench('ndjson');
    bench.write('{"name":"A","value":0.5,"time":1799999999.5}\n');
    assert.equal(await bench.run(200), 'A=0.5');
    bench.replace('{"name":"A","value":0.6,"time":1799999999.6}\n{"name":"B","value":0.6,"time":1799999999.6}\n');
    assert.equal(await bench.run(200), 'A=0.6 B=0.6');
    truncateSync(bench.file, 0);
    bench.append('{"name":"A","value":0.7}\n');
    assert.equal(await bench.run(200), 'A=0.7');
  });

  test('with lines that are none: refused and counted, those around them count', async () => {
    const bench = new Bench('ndjson');
    bench.write('');
    await bench.run(100);
    bench.append('rubbish\n{"value":0.5}\n[1]\n{"name":"A","value":"0.5"}\n{"name":"B","value":0.6}\n');
    assert.equal(await bench.run(200), 'B=0.6');
    assert.equal(bench.status.refused, 4);
    assert.match(bench.words[0]!, /has the line "rubbish": write \{"name": "x", "value": 0\.5\}/);
    bench.append(`${'x'.repeat(200_000)}`);
    await bench.run(200);
    bench.append(`${'x'.repeat(200_000)}\n{"name":"C","value":0.7}\n`);
    assert.equal(await bench.run(200), 'C=0.7');
    assert.equal(bench.status.refused, 5, 'an endless line is one refusal');
    assert.match(bench.status.complaint, /a line of more than 65536 bytes/);
  });

  test('of gigabytes is not read from its beginning', async () => {
    const bench = new Bench('ndjson');
    const old = `{"name":"A","value":0.1,"time":1799999000}\n`;
    bench.write(`${old.repeat(60_000)}{"name":"B","value":0.5,"time":1799999999}\n`);
    assert.equal(await bench.run(200), 'A=0.1 B=0.5');
    assert.ok(bench.status.accepted < 30_000, `${bench.status.accepted} lines read`);
    assert.deepEqual(bench.words, []);
  });
});

test('files of other systems: a mark at the beginning and lines that end in CR LF', async () => {
  const json = new Bench('json');
  json.write('\uFEFF{"a": 0.5,\r\n"b": 0.25}\r\n');
  assert.equal(await json.run(100), 'a=0.5 b=0.25');
  const lines = new Bench('ndjson');
  lines.write('\uFEFF{"name": "a", "value": 0.5}\r\n');
  assert.equal(await lines.run(100), 'a=0.5');
});
