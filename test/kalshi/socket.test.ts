import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BINARY, CLOSE, closeFrame, frame, PING, PONG, TEXT } from './support/frames.ts';
import { digest } from './support/recorder.ts';
import { KINDS, MIB, SocketLab, TRANSPORTS } from './support/socket-lab.ts';
import { settle, until } from './support/wait.ts';

const LOST = 'closed 0 connection lost without a close frame';
const FAULT = 'closed 0 protocol error';
const TOO_BIG = 'closed 0 too big';

/** What the other end sends -> what the listener hears after `open`, and what the client sends. */
const SCRIPTS: readonly (readonly [string, readonly Buffer[], readonly string[], readonly string[]])[] = [
  ['one text', [frame(TEXT, '{"a":1}')], ['text {"a":1}', LOST], []],
  ['one binary', [frame(BINARY, 'bin')], ['binary bin', LOST], []],
  ['empty frames', [frame(TEXT), frame(BINARY), frame(TEXT)], ['text ', 'binary ', 'text ', LOST], []],
  ['text of one byte', [frame(TEXT, 'x')], ['text x', LOST], []],
  ['longest short form', [frame(TEXT, 'x'.repeat(125))], [`text ${manyX(125)}`, LOST], []],
  ['shortest 16-bit form', [frame(TEXT, 'x'.repeat(126))], [`text ${manyX(126)}`, LOST], []],
  ['longest 16-bit form', [frame(TEXT, 'x'.repeat(65_535))], [`text ${manyX(65_535)}`, LOST], []],
  ['shortest 64-bit form', [frame(TEXT, 'x'.repeat(65_536))], [`text ${manyX(65_536)}`, LOST], []],
  ['length longer than it need be, 16 bits', [frame(TEXT, 'ab', { form: 16 })], ['text ab', LOST], []],
  ['length longer than it need be, 64 bits', [frame(TEXT, 'ab', { form: 64 })], ['text ab', LOST], []],
  [
    'fragments',
    [frame(TEXT, 'a', { fin: false }), frame(0, 'b', { fin: false }), frame(0, 'c'), frame(TEXT, 'd')],
    ['text abc', 'text d', LOST],
    [],
  ],
  [
    'empty fragments',
    [frame(BINARY, '', { fin: false }), frame(0, '', { fin: false }), frame(0, ''), frame(TEXT, 'd')],
    ['binary ', 'text d', LOST],
    [],
  ],
  [
    'pings and pongs between fragments',
    [frame(TEXT, 'a', { fin: false }), frame(PING, 'p1'), frame(0, 'b', { fin: false }), frame(PONG), frame(0, 'c')],
    ['sign', 'sign', 'text abc', LOST],
    ['10 7031'],
  ],
  ['pings', [frame(PING), frame(PING, 'x'.repeat(125))], ['sign', 'sign', LOST], ['10 ', `10 ${'78'.repeat(125)}`]],
  ['no check of UTF-8', [frame(TEXT, Uint8Array.of(0xff, 0xc0))], ['text \xff\xc0', LOST], []],
  ['close without a code', [frame(TEXT, 'a'), frame(CLOSE)], ['text a', 'closed 0 closed with code 1005'], ['8 ']],
  ['close with a code', [closeFrame(1000)], ['closed 0 closed with code 1000'], ['8 03e8']],
  [
    'close with a code and words',
    [closeFrame(1001, 'moving é')],
    ['closed 0 closed with code 1001 moving é'],
    [`8 ${closeFrame(1001, 'moving é').subarray(2).toString('hex')}`],
  ],
  ['private close code', [closeFrame(4999, 'x')], ['closed 0 closed with code 4999 x'], ['8 138778']],
  ['nothing after a close', [closeFrame(1000), frame(TEXT, 'late')], ['closed 0 closed with code 1000'], ['8 03e8']],
  [
    'close between fragments',
    [frame(TEXT, 'a', { fin: false }), frame(CLOSE)],
    ['closed 0 closed with code 1005'],
    ['8 '],
  ],
  ['vanishing in a header', [frame(TEXT, 'x'.repeat(300)).subarray(0, 3)], [LOST], []],
  ['vanishing in a payload', [frame(TEXT, 'a'), frame(TEXT, 'abcdef').subarray(0, 5)], ['text a', LOST], []],
  ['vanishing between fragments', [frame(TEXT, 'a', { fin: false })], [LOST], []],
  ['first reserved bit', [frame(TEXT, 'a'), frame(TEXT, 'bcdef', { rsv: 4 })], ['text a', FAULT], ['8 03ea']],
  ['second reserved bit', [frame(TEXT, 'bcdef', { rsv: 2 })], [FAULT], ['8 03ea']],
  ['third reserved bit on a ping', [frame(PING, 'bcdef', { rsv: 1 })], [FAULT], ['8 03ea']],
  [
    'reserved bit on a continuation',
    [frame(TEXT, 'a', { fin: false }), frame(0, 'bcdef', { rsv: 4 })],
    [FAULT],
    ['8 03ea'],
  ],
  ['reserved data opcode', [frame(3, 'bcdef')], [FAULT], ['8 03ea']],
  ['reserved data opcode, last', [frame(7, 'bcdef')], [FAULT], ['8 03ea']],
  ['reserved control opcode', [frame(11, 'bcdef')], [FAULT], ['8 03ea']],
  ['reserved control opcode, last', [frame(15, 'bcdef')], [FAULT], ['8 03ea']],
  ['masked frame', [frame(TEXT, 'bcdef', { masked: true })], [FAULT], ['8 03ea']],
  ['masked long frame', [frame(TEXT, 'b'.repeat(300), { masked: true })], [FAULT], ['8 03ea']],
  ['masked ping', [frame(PING, 'bcdef', { masked: true })], [FAULT], ['8 03ea']],
  ['long ping', [frame(PING, 'b'.repeat(126))], [FAULT], ['8 03ea']],
  ['long close', [frame(CLOSE, 'b'.repeat(126))], [FAULT], ['8 03ea']],
  ['fragmented ping', [frame(PING, 'bcdef', { fin: false })], [FAULT], ['8 03ea']],
  ['fragmented close', [frame(CLOSE, '', { fin: false })], [FAULT], ['8 03ea']],
  ['half a close code', [frame(CLOSE, 'b')], [FAULT], ['8 03ea']],
  ['continuation of nothing', [frame(0, 'bcdef')], [FAULT], ['8 03ea']],
  ['continuation of what is complete', [frame(TEXT, 'a'), frame(0, 'bcdef')], ['text a', FAULT], ['8 03ea']],
  ['text within a fragmented text', [frame(TEXT, 'a', { fin: false }), frame(TEXT, 'bcdef')], [FAULT], ['8 03ea']],
  ['binary within a fragmented text', [frame(TEXT, 'a', { fin: false }), frame(BINARY, 'bcdef')], [FAULT], ['8 03ea']],
  ...[0, 999, 1004, 1005, 1006, 1015, 2999, 5000].map(
    (code) => [`close code ${code}`, [closeFrame(code)], [FAULT], ['8 03ea']] as const,
  ),
  ['one byte over the limit', [frame(TEXT, 'x'.repeat(MIB + 1))], [TOO_BIG], ['8 03f1']],
  ['header alone of a frame over the limit', [frame(TEXT, '', { length: MIB + 1 })], [TOO_BIG], ['8 03f1']],
  [
    'fragments over the limit together',
    [frame(TEXT, 'x'.repeat(MIB), { fin: false }), frame(PING), frame(0, 'x')],
    ['sign', TOO_BIG],
    ['10 ', '8 03f1'],
  ],
  ['length of 2^63', [lengthBytes('8000000000000000')], [TOO_BIG], ['8 03f1']],
  ['length of 2^53', [lengthBytes('0020000000000000')], [TOO_BIG], ['8 03f1']],
  ['length of 2^64 - 1', [lengthBytes('ffffffffffffffff')], [TOO_BIG], ['8 03f1']],
];

function manyX(length: number): string {
  return digest(Buffer.alloc(length, 'x'));
}

function lengthBytes(hex: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 127]), Buffer.from(hex, 'hex')]);
}

for (const transport of TRANSPORTS) {
  for (const kind of KINDS) {
    describe(`${kind} over ${transport}`, () => {
      const lab = new SocketLab(transport);
      before(() => lab.server.listen());
      after(() => lab.close());

      for (const [name, frames, heard, sent] of SCRIPTS) {
        test(`${name}: in one read and frame by frame`, async () => {
          const want = { events: ['open', ...heard], sent };
          const whole = Buffer.concat(frames);
          for (const [chunks, glued] of [
            [[whole], true],
            [frames, false],
          ] as const) {
            const { events, sent: answered } = await lab.play(kind, chunks, { glued });
            assert.deepEqual({ events, sent: answered }, want, `${chunks.length} chunk(s), glued: ${glued}`);
          }
        });
      }

      test('a read may end at any byte of a script', async () => {
        const script = Buffer.concat([
          frame(TEXT, '{"a":1}'),
          frame(TEXT, 'x'.repeat(130), { form: 16 }),
          frame(TEXT, 'fr', { fin: false }),
          frame(PING, 'heartbeat'),
          frame(0, 'ag', { fin: false, form: 64 }),
          frame(0, ''),
          frame(BINARY, 'b'),
          frame(TEXT, ''),
          frame(PONG, 'late'),
          closeFrame(1001, 'moving'),
        ]);
        const end = 'closed 0 closed with code 1001 moving';
        const events = [
          'open',
          'text {"a":1}',
          `text ${manyX(130)}`,
          'sign',
          'text frag',
          'binary b',
          'text ',
          'sign',
          end,
        ];
        const sent = [
          `10 ${Buffer.from('heartbeat').toString('hex')}`,
          `8 ${Buffer.from('\x03\xe9moving', 'latin1').toString('hex')}`,
        ];
        for (let cut = 0; cut <= script.length; cut++) {
          const got = await lab.play(kind, [script.subarray(0, cut), script.subarray(cut)], { turns: 1 });
          assert.deepEqual({ events: got.events, sent: got.sent }, { events, sent }, `cut at ${cut}`);
        }
        const bytes = Array.from(script, (_, i) => script.subarray(i, i + 1));
        const got = await lab.play(kind, bytes, { turns: 1 });
        assert.deepEqual({ events: got.events, sent: got.sent }, { events, sent }, 'byte by byte');
      });

      test('100,000 small frames arrive, each once and in order', async () => {
        const { recorder, peer } = await lab.connect(kind);
        const frames = Array.from({ length: 100_000 }, (_, i) => frame(TEXT, `{"seq":${i}}`));
        peer.socket.end(Buffer.concat(frames));
        await recorder.closed;
        const { items } = recorder.events;
        assert.equal(items.length, 100_002);
        for (let i = 0; i < 100_000; i++)
          if (items[i + 1] !== `text {"seq":${i}}`) assert.fail(`${i}: ${items[i + 1]}`);
      });

      test('a frame of 15 MB arrives whole, and small ones after it', async () => {
        const big = Buffer.alloc(15 * MIB);
        for (let i = 0; i < big.length; i += 997) big[i] = i & 255;
        const stream = Buffer.concat([frame(TEXT, 'before'), frame(TEXT, big), frame(TEXT, 'after')]);
        const { events } = await lab.play(kind, [stream], { maxFrameBytes: 16 * MIB });
        assert.deepEqual(events, ['open', 'text before', `text ${digest(big)}`, 'text after', LOST]);
      });

      test('a server that vanishes with a reset is told like one that hangs up', async () => {
        const { recorder, peer } = await lab.connect(kind);
        peer.socket.write(frame(TEXT, 'a'));
        await recorder.events.at(1);
        if (transport === 'tcp') peer.socket.resetAndDestroy();
        else peer.socket.destroy();
        await recorder.closed;
        assert.deepEqual(recorder.events.items, ['open', 'text a', LOST]);
        await recorder.socket.gone;
      });

      test('close ends at once and for good, also from within an event', async () => {
        for (const on of ['open', 'text 1', 'sign']) {
          const { events, sent } = await (async () => {
            lab.server.script = (peer) =>
              peer.socket.write(
                Buffer.concat([
                  Buffer.from(peer.acceptance()),
                  frame(TEXT, '1'),
                  frame(PONG),
                  frame(TEXT, '2'),
                  frame(0),
                ]),
              );
            const index = lab.server.peers.items.length;
            const recorder = lab.open(kind);
            recorder.react = (event) => {
              if (event === on) recorder.socket.close('enough');
            };
            const peer = await lab.server.peers.at(index);
            await Promise.all([recorder.closed, recorder.socket.gone, peer.gone]);
            recorder.socket.close('again');
            recorder.socket.send('late');
            recorder.socket.ping();
            await settle(5);
            return { events: recorder.events.items, sent: peer.frames.items };
          })();
          const until = ['open', 'text 1', 'sign'].slice(0, ['open', 'text 1', 'sign'].indexOf(on) + 1);
          assert.deepEqual(events, [...until, 'closed 0 enough']);
          assert.deepEqual(sent, []);
        }
      });

      test('what is sent arrives masked, each frame with a mask of its own, whatever its length', async () => {
        const { recorder, peer } = await lab.connect(kind);
        const texts = [0, 1, 125, 126, 65_535, 65_536, 200_000].map(
          (length) => 'é'.repeat(length >> 1) + 'x'.repeat(length & 1),
        );
        for (const text of texts) recorder.socket.send(text);
        recorder.socket.ping();
        const last = await peer.frames.at(texts.length);
        const got = peer.frames.items.slice(0, -1);
        assert.deepEqual(
          got.map(({ opcode, payload }) => [opcode, payload.toString()]),
          texts.map((text) => [TEXT, text]),
        );
        assert.deepEqual([last.opcode, last.payload.length], [PING, 0]);
        const masks = new Set(got.filter(({ payload }) => payload.length > 0).map(({ mask }) => mask));
        assert.equal(masks.size, texts.length - 1);
      });

      test('sending before the upgrade is answered is lost, not an error', async () => {
        lab.server.script = () => {};
        const index = lab.server.peers.items.length;
        const recorder = lab.open(kind);
        recorder.socket.send('early');
        recorder.socket.ping();
        const peer = await lab.server.peers.at(index);
        peer.socket.write(peer.acceptance());
        await recorder.events.at(0);
        recorder.socket.send('now');
        assert.equal((await peer.frames.at(0)).payload.toString(), 'now');
      });

      test('a server that reads nothing is given up before what waits for it fills the memory', async () => {
        const { recorder, peer } = await lab.connect(kind);
        peer.socket.pause();
        const command = 'x'.repeat(100_000);
        for (let n = 0; n < 200 && recorder.events.items.length === 1; n++) {
          recorder.socket.send(command);
          await settle(1);
        }
        assert.match(
          recorder.events.items[1] ?? '',
          /^closed 0 the other end does not read: \d{7} bytes wait to be sent$/,
        );
        await recorder.socket.gone;
      });

      test('a server that pings and does not read the pongs is given up', async () => {
        const { recorder, peer } = await lab.connect(kind);
        peer.socket.pause();
        const pings = Buffer.concat(Array.from({ length: 10_000 }, () => frame(PING, 'x'.repeat(125))));
        for (let n = 0; n < 100 && !recorder.events.items.at(-1)!.startsWith('closed'); n++) {
          peer.socket.write(pings);
          await until(() => peer.socket.writableLength === 0 || recorder.events.items.at(-1)!.startsWith('closed'));
          await settle(2);
        }
        // The library counts pongs that wait, and drops the connection by itself.
        assert.match(
          recorder.events.items.at(-1)!,
          kind === 'raw' ? /^closed 0 the other end does not read/ : /^closed 0 /,
        );
        await recorder.socket.gone;
      });

      test('a server that answers a close frame and stays on the line holds nobody up', async () => {
        const { recorder, peer } = await lab.connect(kind);
        peer.hangsUp = false;
        peer.socket.write(frame(3));
        await recorder.closed;
        assert.deepEqual(recorder.events.items, ['open', FAULT]);
        recorder.socket.close('as the session does');
        await Promise.all([recorder.socket.gone, peer.gone]);
        assert.equal(recorder.reasons.length, 1);
      });
    });
  }
}
