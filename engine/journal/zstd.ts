import { createZstdDecompress } from 'node:zlib';
import { SourceFault } from './error.ts';
import { Pump } from './pump.ts';

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
const SIZE_BYTES = [0, 2, 4, 8] as const;
const RLE = 1;
const RESERVED = 3;

type Part = 'magic' | 'descriptor' | 'header' | 'blockHeader' | 'block' | 'checksum' | 'skipSize' | 'skip';

/** Little-endian fields whose value is needed; the other parts are only counted. */
const READ_PARTS: readonly Part[] = ['magic', 'descriptor', 'blockHeader', 'skipSize'];

/**
 * Finds where zstd frames end, fed in chunks of any size. The decompressor of `node:zlib` stops after the first frame
 * and takes a cut one for a whole, so the frames are walked here (RFC 8878, section 3.1) and decompressed one by one.
 */
export class ZstdFrames {
  /** The frame the last byte belonged to is a skippable one: it holds no data. */
  skippable = false;
  private part: Part = 'magic';
  private need = 4;
  private got = 0;
  private value = 0;
  private hasChecksum = false;
  private isLastBlock = false;

  /** True between two frames: the only place where the data may end. */
  get atBoundary(): boolean {
    return this.part === 'magic' && this.got === 0;
  }

  /** Take bytes from `from` on, to the end of the current frame or of the chunk; where it stopped. @throws SourceFault */
  advance(chunk: Uint8Array, from: number): number {
    let at = from;
    while (at < chunk.length) {
      const take = Math.min(this.need - this.got, chunk.length - at);
      if (READ_PARTS.includes(this.part)) {
        for (let i = 0; i < take; i++) this.value += chunk[at + i]! * 2 ** (8 * (this.got + i));
      }
      this.got += take;
      at += take;
      if (this.got === this.need && this.finish()) return at;
    }
    return at;
  }

  /** The current part is complete: go to the next. True at the end of a frame. */
  private finish(): boolean {
    const value = this.value;
    switch (this.part) {
      case 'magic':
        return this.begin(value);
      case 'descriptor':
        return this.header(value);
      case 'header':
        return this.expect('blockHeader', 3);
      case 'blockHeader':
        return this.blockHeader(value);
      case 'block':
        return this.afterBlock();
      case 'skipSize':
        return value === 0 ? this.end() : this.expect('skip', value);
      default:
        return this.end();
    }
  }

  private begin(magic: number): boolean {
    this.skippable = magic >= SKIPPABLE && magic <= SKIPPABLE + 15;
    if (this.skippable) return this.expect('skipSize', 4);
    if (magic !== MAGIC) throw new SourceFault('corrupt', 'the zstd data is damaged (no frame where one should start)');
    return this.expect('descriptor', 1);
  }

  private header(descriptor: number): boolean {
    if ((descriptor & 8) !== 0) throw new SourceFault('corrupt', 'the zstd data is damaged (reserved header bit set)');
    const isSingleSegment = (descriptor & 32) !== 0;
    const sizeFlag = descriptor >>> 6;
    this.hasChecksum = (descriptor & 4) !== 0;
    const sizeBytes = sizeFlag === 0 && isSingleSegment ? 1 : SIZE_BYTES[sizeFlag as 0 | 1 | 2 | 3];
    const rest = (isSingleSegment ? 0 : 1) + DICTIONARY_BYTES[(descriptor & 3) as 0 | 1 | 2 | 3] + sizeBytes;
    return this.expect('header', rest);
  }

  private blockHeader(value: number): boolean {
    this.isLastBlock = (value & 1) === 1;
    const kind = (value >>> 1) & 3;
    if (kind === RESERVED) throw new SourceFault('corrupt', 'the zstd data is damaged (reserved block type)');
    const size = kind === RLE ? 1 : value >>> 3;
    return size === 0 ? this.afterBlock() : this.expect('block', size);
  }

  private afterBlock(): boolean {
    if (!this.isLastBlock) return this.expect('blockHeader', 3);
    return this.hasChecksum ? this.expect('checksum', 4) : this.end();
  }

  private expect(part: Part, need: number): false {
    this.part = part;
    this.need = need;
    this.got = 0;
    this.value = 0;
    return false;
  }

  private end(): true {
    this.expect('magic', 4);
    return true;
  }
}

/** Decompress any number of zstd frames. @throws SourceFault `truncated` | `corrupt`, after the text before it */
export async function* unzstdChunks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const frames = new ZstdFrames();
  let pump: Pump | null = null;
  // The first bytes of a frame wait here until its magic tells whether it holds data.
  let head: Uint8Array[] = [];
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; ) {
        const stop = frames.advance(chunk, at);
        const bytes = chunk.subarray(at, stop);
        at = stop;
        head.push(bytes);
        if (!frames.atBoundary && head.reduce((sum, b) => sum + b.length, 0) < 4 && pump === null) continue;
        if (!frames.skippable) {
          pump ??= new Pump(createZstdDecompress({ chunkSize: 64 * 1024 }));
          for (const piece of head) yield* pump.write(piece);
        }
        head = [];
        if (frames.atBoundary && pump !== null) {
          yield* pump.end();
          pump.destroy();
          pump = null;
        }
      }
    }
  } catch (error) {
    if (error instanceof SourceFault) throw error;
    throw new SourceFault('corrupt', `the zstd data is damaged (${(error as Error).message})`);
  } finally {
    pump?.destroy();
  }
  if (!frames.atBoundary) throw new SourceFault('truncated', 'the zstd data is cut short');
}
