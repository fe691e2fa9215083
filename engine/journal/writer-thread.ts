import { closeSync, openSync, writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { constants, zstdCompressSync } from 'node:zlib';
import { RECORD_HEADER_BYTES, RecordKind, type WriterMessage } from './writer.ts';

/** Text per compressed block, and how long a block may wait to be filled. */
const BLOCK_BYTES = 1024 * 1024;
const BLOCK_MS = 1000;

const NAMES = { [RecordKind.Input]: 'input', [RecordKind.Action]: 'action', [RecordKind.Session]: 'session' };
const strict = new TextDecoder('utf-8', { fatal: true });
const file = openSync((workerData as { readonly path: string }).path, 'a');

let lines: string[] = [];
let held = 0;
let blocks = 0;
let written = 0;
let broken = false;

function tell(message: WriterMessage): void {
  parentPort!.postMessage(message);
}

/** A record as one line of text, the bytes of a frame verbatim where they are JSON. */
function lineOf(kind: number, timeUs: number, bytes: Uint8Array): string {
  const ns = timeUs > 0 ? `${timeUs}000` : 'null';
  if (kind !== RecordKind.Frame) return `{"at_ns":${ns},"${NAMES[kind as 1 | 2 | 3]}":${strict.decode(bytes)}}\n`;
  let text: string;
  try {
    text = strict.decode(bytes);
  } catch {
    return `{"recv_ns":${ns},"raw64":"${Buffer.from(bytes).toString('base64')}"}\n`;
  }
  const trimmed = text.trim();
  if (isObject(trimmed) && !trimmed.includes('\n')) return `{"recv_ns":${ns},"frame":${trimmed}}\n`;
  return `{"recv_ns":${ns},"raw":${JSON.stringify(text)}}\n`;
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function writeBlock(): void {
  if (lines.length === 0 || broken) return;
  const block = zstdCompressSync(lines.join(''), {
    params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 },
  });
  lines = [];
  held = 0;
  try {
    writeSync(file, block);
    blocks++;
    written += block.length;
  } catch (error) {
    broken = true;
    tell({ type: 'error', text: `cannot write (${(error as NodeJS.ErrnoException).code})` });
  }
}

function take(chunk: ArrayBuffer, used: number): void {
  const bytes = Buffer.from(chunk, 0, used);
  for (let at = 0; at < used; ) {
    const length = bytes.readUInt32LE(at + 9);
    const body = bytes.subarray(at + RECORD_HEADER_BYTES, at + RECORD_HEADER_BYTES + length);
    const line = lineOf(bytes[at]!, bytes.readDoubleLE(at + 1), body);
    lines.push(line);
    held += line.length;
    at += RECORD_HEADER_BYTES + length;
    if (held >= BLOCK_BYTES) writeBlock();
  }
  tell({ type: 'taken', bytes: used });
}

const timer = setInterval(writeBlock, BLOCK_MS);

parentPort!.on(
  'message',
  (message: { readonly chunk?: ArrayBuffer; readonly used?: number; readonly close?: boolean }) => {
    if (message.chunk !== undefined) take(message.chunk, message.used!);
    if (message.close !== true) return;
    clearInterval(timer);
    writeBlock();
    closeSync(file);
    tell({ type: 'closed', blocks, bytes: written });
    parentPort!.close();
  },
);
