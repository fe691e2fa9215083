import type { Transform } from 'node:stream';

/** Output held back before the transform is paused. */
const HELD_BYTES = 1024 * 1024;

/**
 * Drives a decompressor chunk by chunk and hands out what it made before it failed: iterating a stream directly would
 * throw away the output buffered when the error arrives. Memory stays within about `HELD_BYTES` plus one chunk.
 */
export class Pump {
  private readonly transform: Transform;
  private readonly queue: Uint8Array[] = [];
  private held = 0;
  private error: Error | null = null;
  private ended = false;
  private wake: () => void = () => undefined;

  constructor(transform: Transform) {
    this.transform = transform;
    transform.on('data', (chunk: Uint8Array) => {
      this.queue.push(chunk);
      this.held += chunk.length;
      if (this.held > HELD_BYTES) transform.pause();
      this.wake();
    });
    transform.on('error', (error: Error) => {
      this.error = error;
      this.wake();
    });
    transform.on('end', () => {
      this.ended = true;
      this.wake();
    });
  }

  /** Push one chunk in; yields the output it leads to. Throws the transform's error after what came before it. */
  async *write(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
    let done = false;
    this.transform.write(chunk, () => {
      done = true;
      this.wake();
    });
    yield* this.drain(() => done);
  }

  /** End the input; yields the rest of the output. */
  async *end(): AsyncGenerator<Uint8Array> {
    this.transform.end();
    yield* this.drain(() => this.ended);
  }

  /** Release the decompressor's memory. */
  destroy(): void {
    this.transform.destroy();
  }

  private async *drain(finished: () => boolean): AsyncGenerator<Uint8Array> {
    for (;;) {
      for (let chunk = this.queue.shift(); chunk !== undefined; chunk = this.queue.shift()) {
        this.held -= chunk.length;
        yield chunk;
      }
      if (this.error !== null) throw this.error;
      if (finished()) return;
      if (this.transform.isPaused()) this.transform.resume();
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        if (this.queue.length > 0 || this.error !== null || finished()) resolve();
      });
    }
  }
}
