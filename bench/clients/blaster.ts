/**
 * The server of the receive measurement: accepts upgrades over TCP and TLS, and answers every message with all frames of
 * the set, as fast as they are taken. The frames are framed once, so that it costs next to nothing.
 */
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net';
import { createServer as createTls } from 'node:tls';
import { acceptOf } from '../../engine/kalshi/upgrade.ts';
import { generatedFrames } from '../frames.ts';
import { type BlasterStart, readStart } from './start.ts';

const CHUNK_BYTES = 256 * 1024;
const TEXT = 0x81;
const LENGTH_16 = 126;

const { markets, frames, certificate } = readStart<BlasterStart>();
const stream = Buffer.concat(
  generatedFrames('new', markets, frames).frames.flatMap((frame) => {
    const { length } = frame;
    const head = length < LENGTH_16 ? [TEXT, length] : [TEXT, LENGTH_16, length >> 8, length & 255];
    return [Buffer.from(head), frame];
  }),
);

function serve(socket: Socket): void {
  let head = '';
  let accepted = false;
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (bytes: Buffer) => {
    if (accepted) {
      blast(socket, 0);
      return;
    }
    head += bytes.toString('latin1');
    if (!head.endsWith('\r\n\r\n')) return;
    accepted = true;
    const key = /^sec-websocket-key: *(\S+)/im.exec(head)?.[1] ?? '';
    const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
    socket.write(`${lines.join('\r\n')}\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\n\r\n`);
  });
}

function blast(socket: Socket, from: number): void {
  let at = from;
  while (at < stream.length) {
    const isTaken = socket.write(stream.subarray(at, at + CHUNK_BYTES));
    at += CHUNK_BYTES;
    if (isTaken) continue;
    socket.once('drain', () => blast(socket, at));
    return;
  }
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const plain = `ws://127.0.0.1:${await listen(createTcp(serve))}/`;
const secure = certificate === null ? null : `wss://127.0.0.1:${await listen(createTls(certificate, serve))}/`;
process.send?.({ plain, secure });
process.on('disconnect', () => process.exit(0));
