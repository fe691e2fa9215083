const FIRST_BYTES = 64 * 1024;
/** A buffer that had to grow beyond this for one message is not kept for the next. */
const KEPT_BYTES = 1024 * 1024;

/** Puts a message together that did not come in one piece. Grows with what has come, not with what was announced. */
export class MessageBuffer {
  private bytes = Buffer.alloc(0);
  /** Bytes so far. */
  length = 0;

  append(part: Uint8Array): void {
    const needed = this.length + part.length;
    if (needed > this.bytes.length) {
      const bigger = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, needed, this.bytes.length * 2));
      bigger.set(this.bytes.subarray(0, this.length));
      this.bytes = bigger;
    }
    this.bytes.set(part, this.length);
    this.length = needed;
  }

  /** The message, and begin the next. The bytes are good until then. */
  take(): Uint8Array {
    const message = this.bytes.subarray(0, this.length);
    this.length = 0;
    if (this.bytes.length > KEPT_BYTES) this.bytes = Buffer.alloc(0);
    return message;
  }
}
