import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { type Reading, Sources } from '../../engine/external/index.ts';
import type { HttpSettings } from '../../engine/external/settings.ts';
import type { TimeUs } from '../../engine/units/index.ts';

let answer: (response: ServerResponse) => void;
let asked = 0;
let authorization: string | undefined;
const server = createServer((request, response) => {
  asked++;
  authorization = request.headers.authorization;
  answer(response);
});
before(() => new Promise<void>((done) => server.listen(0, '127.0.0.1', done)));
after(() => {
  server.closeAllConnections();
  server.close();
});

function bench(settings: Partial<HttpSettings> = {}) {
  const clock = { ms: 1_800_000_000_000 };
  const got: Reading[] = [];
  const words: string[] = [];
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v?key=secret`;
  const http = { url, everyMs: 1000, timeoutMs: 5000, pointer: '', name: '', timePointer: '', ...settings };
  const sources = new Sources({
    sources: [{ name: 'index', from: { kind: 'http', ...http }, min: -1e9, max: 1e9, values: null }],
    maxUpdatesPerSecond: 1000,
    nowUs: () => (clock.ms * 1000) as TimeUs,
    onValue: (reading) => got.push(reading),
    onReport: (level, _, text) => words.push(`${level} ${text}`),
  });
  const poll = async (): Promise<string> => {
    const from = got.length;
    await sources.tick();
    clock.ms += 1000;
    return got
      .slice(from)
      .map((r) => `${r.name}=${r.value}`)
      .join(' ');
  };
  return { clock, got, words, sources, poll, close: () => sources.close() };
}

const says = (body: unknown, status = 200): void => {
  answer = (response) => response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
};

test('an object of numbers, or one number with a name, from where a pointer leads', async () => {
  says({ data: { 'a/b': { BTC: 97_000, ETH: { value: 3000, time: 1_799_999_990 } }, 'x~y': 7, at: 1_799_999_995 } });
  const all = bench({ pointer: '/data/a~1b', timePointer: '/data/at' });
  assert.equal(await all.poll(), 'BTC=97000 ETH=3000');
  assert.deepEqual(
    all.got.map((r) => r.at / 1e6 - 1_800_000_000),
    [-5, -10],
  );
  const one = bench({ pointer: '/data/x~0y', name: 'seven' });
  assert.equal(await one.poll(), 'seven=7');
  assert.equal(one.got[0]!.at, 1_800_000_000_000_000, 'of the moment it was asked for');
  await Promise.all([all.close(), one.close()]);
});

test('is asked once an interval, and never twice at a time however slow it is', async () => {
  let release: () => void = () => {};
  answer = (response) => {
    release = () => response.end('{"A": 1}');
  };
  const { clock, sources, got, close } = bench();
  asked = 0;
  const first = sources.tick();
  while (asked === 0) await new Promise((done) => setImmediate(done));
  clock.ms += 3000;
  await sources.tick();
  assert.equal(asked, 1);
  release();
  await first;
  assert.deepEqual([got.length, got[0]!.at], [1, 1_800_000_000_000_000], 'as old as the question');
  says({ A: 2 });
  await sources.tick();
  await sources.tick();
  assert.deepEqual([asked, got.length], [2, 2]);
  await close();
});

test('a source that dies makes its values old and nothing else; it is told of once, and once when it is back', async () => {
  const { poll, words, sources, close } = bench({ timeoutMs: 20_000, pointer: '/v' });
  says({ v: { A: 1 } });
  assert.equal(await poll(), 'A=1');
  const faults: [() => void, RegExp][] = [
    [() => says('down', 503), /answers with HTTP 503/],
    [() => says('moved', 302), /answers with HTTP 302/],
    [() => says('<html>'), /is no JSON/],
    [() => says({ w: 1 }), /has nothing at \/v \(no "v"\)/],
    [() => says({ v: [1] }), /holds \[1\] at \/v, expected an object/],
    [
      () => {
        answer = (response) => response.socket!.destroy();
      },
      /cannot be asked: /,
    ],
    [() => says(`{"v": {"A": 1, "x": "${'x'.repeat(9 * 1024 * 1024)}"}}`), /answers with more than 8388608 bytes/],
  ];
  for (const [arrange, why] of faults) {
    arrange();
    assert.equal(await poll(), '');
    assert.match(sources.status()[0]!.trouble, why);
  }
  assert.equal(sources.status()[0]!.failures, faults.length);
  assert.ok(sources.status()[0]!.newestMs! >= 8000);
  assert.equal(words.length, 1);
  assert.ok(!words[0]!.includes('secret') && !sources.status()[0]!.where.includes('secret'), 'a key is nobody else’s');
  says({ v: { A: 2 } });
  assert.equal(await poll(), 'A=2');
  assert.match(words[1]!, /^info .*can be read again/);
  await close();
});

test('an answer that does not come is not waited for', async () => {
  answer = (response) => response.writeHead(200).write('{');
  const { poll, words, close } = bench({ timeoutMs: 100 });
  assert.equal(await poll(), '');
  assert.match(words[0]!, /has not answered within 100 ms/);
  await close();
});

test('an address nobody listens on', async () => {
  const { poll, words, close } = bench({ url: 'http://127.0.0.1:1/' });
  assert.equal(await poll(), '');
  assert.match(words[0]!, /external source index \(http:\/\/127\.0\.0\.1:1\/\) cannot be asked: /);
  await close();
});

test('closed in the middle of an answer, it ends at once and without a word', async () => {
  answer = () => {};
  const { sources, words, close } = bench();
  asked = 0;
  const polling = sources.tick();
  while (asked === 0) await new Promise((done) => setImmediate(done));
  await close();
  await polling;
  assert.deepEqual(words, []);
});

test('user and password of an address are sent as HTTP has them, and told to nobody', async () => {
  says({ x: 1 });
  const { port } = server.address() as AddressInfo;
  const named = bench({ url: `http://me:p%40ss@127.0.0.1:${port}/v` });
  assert.equal(await named.poll(), 'x=1');
  assert.equal(authorization, `Basic ${Buffer.from('me:p@ss').toString('base64')}`);
  says('no', 401);
  await named.poll();
  assert.ok(!/p@ss|p%40ss/.test(named.words.join() + JSON.stringify(named.sources.status())));
  await named.close();
  const plain = bench();
  await plain.poll();
  assert.equal(authorization, undefined);
  await plain.close();
});
