import type { CapturedFrame } from '../exchange/index.ts';
import { readCapture } from '../journal/capture.ts';

/** A recording as the exchange plays it. Each call of the result is a fresh pass over the file. @throws CaptureError */
export function feedFrames(path: string): () => AsyncIterable<readonly CapturedFrame[]> {
  return async function* frames() {
    const decoder = new TextDecoder();
    for await (const lines of readCapture(path)) {
      const batch: CapturedFrame[] = [];
      for (const { line, recvTime, frame, fill } of lines) {
        if (frame !== null) batch.push({ line, recvTime, text: decoder.decode(frame), fill });
      }
      yield batch;
    }
  };
}
