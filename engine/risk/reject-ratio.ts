const WINDOW = 100;

/** How many of the last 100 writes the exchange refused. */
export class RejectRatio {
  private readonly most: number;
  private readonly marks: boolean[] = [];
  private refusedCount = 0;

  /** @param share 0..1: more than this share of 100 is too much */
  constructor(share: number) {
    this.most = Math.floor(share * WINDOW);
  }

  /** Writes since the last call, and how many of them were refused. */
  add(writes: number, refused: number): void {
    for (let n = 0; n < Math.min(writes, 2 * WINDOW); n++) this.mark(n < refused);
  }

  /** Of the last 100 (or fewer, at first). */
  get refused(): number {
    return this.refusedCount;
  }

  get isHigh(): boolean {
    return this.refusedCount > this.most;
  }

  /** What was counted has led to something: begin anew. */
  clear(): void {
    this.marks.length = 0;
    this.refusedCount = 0;
  }

  private mark(isRefused: boolean): void {
    this.marks.push(isRefused);
    if (isRefused) this.refusedCount++;
    if (this.marks.length > WINDOW && this.marks.shift()) this.refusedCount--;
  }
}
