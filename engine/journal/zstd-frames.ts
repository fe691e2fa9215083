/**
 * Finds where zstd frames end. Node's streaming decoder stops without a word after the first frame and does not notice
 * that one is cut, so a file of many blocks has to be walked by its own structure (RFC 8878, section 3.1).
 */

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;

/** More bytes are needed to tell. */
export const NEED_MORE = -1;
/** Not a zstd frame. */
export const NOT_ZSTD = -2;

/** Sizes of the frame header's dictionary id and content size fields, by their flags. */
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
const CONTENT_BYTES = [0, 2, 4, 8] as const;

/** Length in bytes of the frame that starts at `from`, or `NEED_MORE` or `NOT_ZSTD`. */
export function zstdFrameLength(bytes: Uint8Array, from: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.byteLength;
  if (end - from < 8) return NEED_MORE;
  const magic = view.getUint32(from, true);
  if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
    const length = 8 + view.getUint32(from + 4, true);
    return from + length <= end ? length : NEED_MORE;
  }
  if (magic !== MAGIC) return NOT_ZSTD;
  const descriptor = bytes[from + 4]!;
  const singleSegment = (descriptor & 0x20) !== 0;
  const contentFlag = descriptor >>> 6;
  const contentBytes = contentFlag === 0 && singleSegment ? 1 : CONTENT_BYTES[contentFlag]!;
  let at = from + 5 + (singleSegment ? 0 : 1) + DICTIONARY_BYTES[descriptor & 3]! + contentBytes;
  for (;;) {
    if (at + 3 > end) return NEED_MORE;
    const header = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
    const type = (header >>> 1) & 3;
    const size = header >>> 3;
    if (type === 3) return NOT_ZSTD;
    at += 3 + (type === 1 ? 1 : size);
    if (at > end) return NEED_MORE;
    if ((header & 1) === 1) break;
  }
  at += (descriptor & 4) !== 0 ? 4 : 0;
  return at <= end ? at - from : NEED_MORE;
}
