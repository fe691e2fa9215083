import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ClockOffset } from '../../engine/kalshi/clock-offset.ts';
import { type PreparedOptions, PreparedSigner } from '../../engine/kalshi/prepared-signer.ts';
import { ringMemory, SignatureRing } from '../../engine/kalshi/signature-ring.ts';
import { type SigningJob, signAhead } from '../../engine/kalshi/signing-worker.ts';
import { FakeClock } from './support/clock.ts';
import { authentic, ED25519, ed25519Signer, RSA, rsaSigner } from './support/keys.ts';
import { settle } from './support/wait.ts';

const PATH = '/trade-api/v2/portfolio/events/orders/batched';

/** A prepared signer whose jobs are done at once, or when the test says so. */
function make(options: PreparedOptions = {}, signer = ed25519Signer) {
  const clock = new FakeClock();
  const troubles: string[] = [];
  const held: (() => void)[] = [];
  const state = { hold: false, fail: '' };
  let made = 0;
  const elsewhere = (jobs: readonly SigningJob[]): Promise<void> => {
    if (state.fail !== '') return Promise.reject(new Error(state.fail));
    const work = (): void => {
      for (const { from, to } of jobs) made += to - from;
      signAhead(signer, jobs);
    };
    if (!state.hold) {
      work();
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      held.push(() => {
        work();
        resolve();
      });
    });
  };
  const prepared = new PreparedSigner(signer, clock, elsewhere, (text) => troubles.push(text), options);
  return { prepared, clock, troubles, held, state, made: () => made };
}

/** Sign a request now, check it as the exchange does, and tell how old the signature is. */
function sign({ prepared, clock }: ReturnType<typeof make>, method = 'POST', path = PATH): number {
  const headers = prepared.headers(method, path, clock.wallMs());
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  assert.ok(authentic(ED25519.publicKey, method, path, lower), 'the signature is not authentic');
  return clock.wallMs() - Number(headers['KALSHI-ACCESS-TIMESTAMP']);
}

async function advance(bench: ReturnType<typeof make>, ms: number): Promise<void> {
  for (let done = 0; done < ms; done += 100) {
    bench.clock.advance(Math.min(100, ms - done));
    await settle(3);
  }
}

describe('signatures made ahead', () => {
  test('each is used once, never before its time and never older than allowed', async () => {
    const bench = make({ stepMs: 50, maxAgeMs: 400 });
    bench.prepared.prepare('POST', PATH);
    await settle();
    const seen = new Set<number>();
    for (let n = 0; n < 300; n++) {
      await advance(bench, 60);
      const age = sign(bench);
      assert.ok(age >= 0 && age <= 400, `used at the age of ${age} ms`);
      seen.add(bench.clock.wallMs() - age);
    }
    assert.equal(seen.size, 300);
    assert.deepEqual(bench.prepared.counters(), { prepared: 300, missed: 0, inline: 0, expired: 0 });
  });

  test('a burst takes the unused ones of the last second, then signs in line and says so', async () => {
    const bench = make({ stepMs: 100, maxAgeMs: 1_000 });
    bench.prepared.prepare('POST', PATH);
    await settle();
    for (let n = 0; n < 15; n++) sign(bench);
    const { prepared, missed } = bench.prepared.counters();
    assert.ok(prepared >= 10 && prepared <= 11, `${prepared} prepared`);
    assert.equal(prepared + missed, 15);
    await advance(bench, 100);
    assert.ok(sign(bench) <= 100);
    assert.equal(bench.prepared.counters().prepared, prepared + 1);
  });

  test('with reuse one serves several requests', async () => {
    const bench = make({ stepMs: 1_000, maxAgeMs: 1_000, reuse: true });
    bench.prepared.prepare('POST', PATH);
    await settle();
    for (let n = 0; n < 100; n++) sign(bench);
    assert.deepEqual(bench.prepared.counters(), { prepared: 100, missed: 0, inline: 0, expired: 0 });
  });

  test('a filler that stalls costs prepared signatures, not the request, and it catches up', async () => {
    const bench = make({ stepMs: 100, aheadMs: 1_000 });
    bench.prepared.prepare('POST', PATH);
    await settle();
    bench.state.hold = true;
    await advance(bench, 5_000);
    assert.equal(sign(bench), 0);
    assert.equal(bench.prepared.counters().missed, 1);
    bench.state.hold = false;
    for (const work of bench.held.splice(0)) work();
    await settle();
    await advance(bench, 200);
    sign(bench);
    assert.equal(bench.prepared.counters().prepared, 1);
  });

  test('a filler that fails is told once, tried again, and replaced by signing in line', async () => {
    const bench = make();
    bench.state.fail = 'the thread died';
    bench.prepared.prepare('POST', PATH);
    await advance(bench, 5_000);
    assert.deepEqual(bench.troubles, ['signatures cannot be made ahead: the thread died']);
    assert.equal(sign(bench), 0);
    bench.state.fail = '';
    await advance(bench, 2_000);
    sign(bench);
    assert.deepEqual(bench.prepared.counters(), { prepared: 1, missed: 1, inline: 0, expired: 0 });
  });

  test('no more are made than the look-ahead needs', async () => {
    const bench = make({ stepMs: 100, aheadMs: 2_000, maxAgeMs: 1_000 });
    bench.prepared.prepare('POST', PATH);
    bench.prepared.prepare('DELETE', PATH);
    await advance(bench, 10_000);
    // Ten a second and path, and what lies ahead and behind.
    assert.ok(bench.made() >= 2 * 120 && bench.made() <= 2 * 135, `${bench.made()} made`);
  });

  test('a path that is not prepared is signed in line, over its own bytes', () => {
    const bench = make();
    assert.equal(sign(bench, 'GET', '/trade-api/v2/portfolio/orders'), 0);
    assert.deepEqual(bench.prepared.counters(), { prepared: 0, missed: 0, inline: 1, expired: 0 });
  });

  test('paths of single orders: prepared while the order rests, as many as allowed, gone when it is', async () => {
    const bench = make({ orderPaths: 2, orderStepMs: 1_000 });
    const path = (n: number): string => `/trade-api/v2/portfolio/events/orders/${n}/amend`;
    for (const n of [1, 2, 3]) bench.prepared.expect('POST', path(n), true);
    await settle();
    for (const n of [1, 2, 3]) sign(bench, 'POST', path(n));
    assert.deepEqual(bench.prepared.counters(), { prepared: 2, missed: 0, inline: 1, expired: 0 });
    bench.prepared.expect('POST', path(1), false);
    bench.prepared.expect('POST', path(1), false);
    bench.prepared.expect('POST', path(3), true);
    bench.prepared.expect('POST', path(4), true);
    await advance(bench, 1_000);
    for (const n of [1, 2, 3, 4]) sign(bench, 'POST', path(n));
    assert.deepEqual(bench.prepared.counters(), { prepared: 4, missed: 0, inline: 3, expired: 0 });
    // The one that waited has its turn once there is room; one that is gone before that never has.
    bench.prepared.expect('POST', path(5), true);
    bench.prepared.expect('POST', path(5), false);
    bench.prepared.expect('POST', path(2), false);
    await advance(bench, 1_000);
    sign(bench, 'POST', path(4));
    assert.deepEqual(bench.prepared.counters(), { prepared: 5, missed: 0, inline: 3, expired: 0 });
    const before = bench.made();
    for (const n of [3, 4]) bench.prepared.expect('POST', path(n), false);
    await advance(bench, 10_000);
    assert.equal(bench.made(), before, 'signatures for orders that are gone');
  });

  test('one that the exchange calls expired: signed in line until the clock is measured anew', async () => {
    const bench = make();
    bench.prepared.prepare('POST', PATH);
    await settle();
    sign(bench);
    const nowMs = bench.clock.wallMs();
    const body = '{"error":{"code":"header_timestamp_expired"}}';
    const date = new Date(nowMs + 12_000).toUTCString();
    bench.prepared.answered({ status: 401, body, date, sentMs: nowMs - 20, receivedMs: nowMs });
    assert.ok(bench.prepared.offsetMs >= 11_000 && bench.prepared.offsetMs <= 12_100);
    assert.ok(sign(bench) <= -11_000, 'the exchange’s clock is not followed');
    assert.equal(bench.prepared.counters().missed, 1);
    await advance(bench, 6_000);
    const age = sign(bench);
    assert.ok(age <= -10_000 && age >= -12_100);
    assert.deepEqual(bench.prepared.counters(), { prepared: 2, missed: 1, inline: 0, expired: 1 });
  });

  test('a clock that is set back an hour has signatures of its own time again', async () => {
    const bench = make();
    bench.prepared.prepare('POST', PATH);
    await settle();
    sign(bench);
    const { wallMs } = bench.clock;
    bench.clock.wallMs = () => wallMs.call(bench.clock) - 3_600_000;
    assert.equal(sign(bench), 0);
    await advance(bench, 3_000);
    assert.ok(sign(bench) >= 0);
    assert.equal(bench.prepared.counters().prepared, 2);
  });

  test('closed, it leaves no timer and signs in line', async () => {
    const bench = make();
    bench.prepared.prepare('POST', PATH);
    await settle();
    assert.equal(bench.clock.pending, 1);
    bench.prepared.close();
    bench.prepared.prepare('DELETE', PATH);
    await settle();
    assert.equal(bench.clock.pending, 0);
    assert.equal(sign(bench), 0);
  });

  test('with an RSA key, straight into a request’s head', async () => {
    const bench = make({}, rsaSigner);
    bench.prepared.prepare('POST', PATH);
    await settle();
    const head = Buffer.alloc(400, 32);
    assert.ok(bench.prepared.copyPrepared('POST', PATH, bench.clock.wallMs(), head, 1, 20));
    const headers = {
      'kalshi-access-key': rsaSigner.keyId,
      'kalshi-access-timestamp': head.toString('latin1', 1, 14),
      'kalshi-access-signature': head.toString('latin1', 20, 364),
    };
    assert.ok(authentic(RSA.publicKey, 'POST', PATH, headers));
    assert.deepEqual([head[0], head[14], head[19], head[364]], [32, 32, 32, 32]);
  });

  test('ages beyond the window the exchange is known to take are refused', () => {
    assert.throws(() => make({ maxAgeMs: 1_001 }), RangeError);
    assert.throws(() => make({ stepMs: 0 }), RangeError);
  });
});

test('a slot is read only while it holds the moment asked for', () => {
  const ring = new SignatureRing(ringMemory(4, 4));
  const out = new Uint8Array(17);
  assert.equal(ring.copy(0, out, 0, 13), false);
  ring.put(5, '1790000000000', 'abcd');
  assert.equal(ring.copy(1, out, 0, 13), false);
  assert.equal(ring.copy(5, out, 0, 13), true);
  assert.equal(Buffer.from(out).toString(), '1790000000000abcd');
  assert.throws(() => ring.put(5, '179', 'abcd'), RangeError);
  assert.throws(() => ring.put(5, '1790000000000', 'abc'), RangeError);
});

describe('the exchange’s clock, from its answers', () => {
  test('as long as none must be, there is no difference', () => {
    const offset = new ClockOffset();
    offset.observe(10_000, 11_000, 10_400, 10_500);
    offset.observe(10_450, 10_451, 10_400, 10_500);
    assert.equal(offset.ms, 0);
  });

  test('many answers bound it closely, and a clock that was set is noticed', () => {
    const offset = new ClockOffset();
    for (let n = 0; n < 50; n++) {
      const sent = 100_000 + n * 317;
      const server = sent + 20 + 7_300;
      const second = Math.floor(server / 1_000) * 1_000;
      offset.observe(second, second + 1_000, sent, sent + 40);
    }
    assert.ok(Math.abs(offset.ms - 7_300) <= 60, `${offset.ms} ms`);
    offset.observe(200_000, 200_001, 200_000, 200_001);
    assert.equal(offset.ms, 0);
  });

  test('slow answers and absurd times say nothing', () => {
    const offset = new ClockOffset();
    offset.observe(50_000, 51_000, 10_000, 12_001);
    offset.observe(50_000, 51_000, 10_000, 9_999);
    offset.observe(10_000_000, 10_001_000, 10_000, 10_001);
    offset.observe(Number.NaN, Number.NaN, 10_000, 10_001);
    assert.equal(offset.ms, 0);
  });
});
