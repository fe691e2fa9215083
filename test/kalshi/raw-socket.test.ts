import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { clientFrame } from '../../engine/kalshi/client-frame.ts';
import { RawFeedSocket } from '../../engine/kalshi/raw-socket.ts';
import { closeFrame, frame, PING, TEXT, takeClientFrames } from './support/frames.ts';
import { SocketLab } from './support/socket-lab.ts';
import { Log, settle } from './support/wait.ts';

const clean: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const act of clean.splice(0).reverse()) await act();
});

async function makeLab(): Promise<SocketLab> {
  const lab = new SocketLab();
  await lab.server.listen();
  clean.push(() => lab.close());
  return lab;
}

test('handshake key and masks come from the source handed in, fresh for every frame', async () => {
  const lab = await makeLab();
  lab.server.script = (peer) => peer.socket.write(Buffer.concat([Buffer.from(peer.acceptance()), frame(PING, 'x')]));
  const asked: number[] = [];
  const opened = new Log<true>();
  const socket = new RawFeedSocket(
    { url: lab.server.url, headers: {}, maxFrameBytes: 1000 },
    { onOpen: () => opened.add(true), onFrame: () => {}, onSign: () => {}, onClose: () => {} },
    (bytes) => bytes.fill(asked.push(bytes.length)),
  );
  await opened.at(0);
  const peer = await lab.server.peers.at(0);
  await peer.frames.at(0);
  socket.send('a');
  socket.send('b');
  await peer.frames.at(2);
  assert.equal(peer.header('sec-websocket-key'), Buffer.alloc(16, 1).toString('base64'));
  assert.deepEqual(
    peer.frames.items.map(({ mask, payload }) => [mask, payload.toString()]),
    [
      ['02020202', 'x'],
      ['03030303', 'a'],
      ['04040404', 'b'],
    ],
  );
  assert.deepEqual(asked, [16, 4, 4, 4]);
  socket.close('seen');
  await socket.gone;
});

test('client frames of every length form can be read back', () => {
  for (const length of [0, 1, 125, 126, 65_535, 65_536, 100_000]) {
    const payload = Buffer.from(Array.from({ length }, (_, i) => i & 255));
    const bytes = clientFrame(TEXT, payload, (mask) => mask.set([1, 2, 254, 255]));
    const { frames, rest } = takeClientFrames(bytes);
    assert.equal(rest.length, 0);
    assert.ok(frames[0]!.payload.equals(payload));
    assert.equal(bytes[0], 0x81);
  }
});

test('frames that are on their way when the server has half closed are still heard', async () => {
  const lab = await makeLab();
  const { recorder, peer } = await lab.connect('raw');
  peer.socket.end(Buffer.concat([frame(TEXT, '1'), frame(PING), frame(TEXT, '2')]));
  await recorder.closed;
  assert.deepEqual(recorder.events.items.slice(1, 4), ['text 1', 'sign', 'text 2']);
  await recorder.socket.gone;
});

test('a listener that does not close after a close frame: the connection goes all the same, the answer arrives', async () => {
  const lab = await makeLab();
  const { recorder, peer } = await lab.connect('raw');
  peer.hangsUp = false;
  peer.socket.write(closeFrame(1001, 'bye'));
  await recorder.closed;
  await recorder.socket.gone;
  assert.equal((await peer.frames.at(0)).payload.subarray(2).toString(), 'bye');
  await peer.gone;
});

test('many connections one after the other leave nothing behind', async () => {
  const lab = await makeLab();
  for (let n = 0; n < 50; n++) {
    const { recorder } = await lab.connect('raw');
    recorder.socket.close('next');
    await recorder.socket.gone;
  }
  await settle();
  const open = process.getActiveResourcesInfo().filter((what) => what === 'TCPSocketWrap');
  assert.deepEqual(open, []);
});

test('a host given by name is reached, whichever of its addresses answers', async () => {
  const lab = await makeLab();
  lab.server.script = (peer) => peer.socket.write(Buffer.concat([Buffer.from(peer.acceptance()), frame(TEXT, 'hi')]));
  const heard = new Log<string>();
  const url = lab.server.url.replace('127.0.0.1', 'localhost');
  const socket = new RawFeedSocket(
    { url, headers: {}, maxFrameBytes: 1000 },
    {
      onOpen: () => heard.add('open'),
      onFrame: (bytes) => heard.add(Buffer.from(bytes).toString()),
      onSign: () => {},
      onClose: (reason) => heard.add(reason),
    },
  );
  assert.equal(await heard.at(1), 'hi');
  socket.close('seen');
  await socket.gone;
});
