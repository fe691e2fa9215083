import type { TimeUs } from '../units/index.ts';

/** Kinds of records on the way to the writing thread. */
export const RecordKind = { Frame: 0, Input: 1, Action: 2, Session: 3 } as const;
export type RecordKindCode = (typeof RecordKind)[keyof typeof RecordKind];

/** kind (1 byte), time in microseconds (double, 8 bytes), length of the body (4 bytes); little-endian. */
export const RECORD_HEADER_BYTES = 13;

/** Write a record's header at `at`; its body belongs right behind. */
export function writeRecordHeader(chunk: Buffer, at: number, kind: RecordKindCode, time: TimeUs, length: number): void {
  chunk[at] = kind;
  chunk.writeDoubleLE(time, at + 1);
  chunk.writeUInt32LE(length, at + 9);
}

/** Visit the records of a chunk in order. The body is a view, valid during the call. */
export function eachRecord(chunk: Buffer, visit: (kind: RecordKindCode, timeUs: number, body: Buffer) => void): void {
  for (let at = 0; at < chunk.length; ) {
    const start = at + RECORD_HEADER_BYTES;
    const end = start + chunk.readUInt32LE(at + 9);
    visit(chunk[at]! as RecordKindCode, chunk.readDoubleLE(at + 1), chunk.subarray(start, end));
    at = end;
  }
}
