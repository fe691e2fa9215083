/** A binary heap of numbered items by a key, largest first, equal keys by number. Arrays are kept between uses. */
export class RankHeap {
  private keys = new Float64Array(64);
  private heap = new Int32Array(64);
  private length = 0;

  /** Forget everything; there will be at most `size` items, numbered from 0. */
  clear(size: number): void {
    this.length = 0;
    if (size <= this.heap.length) return;
    const room = Math.max(size, this.heap.length * 2);
    this.keys = new Float64Array(room);
    this.heap = new Int32Array(room);
  }

  /** Enter an item, in no order. `build` follows once all are there. */
  put(item: number, key: number): void {
    this.keys[item] = key;
    this.heap[this.length++] = item;
  }

  build(): void {
    for (let at = (this.length >> 1) - 1; at >= 0; at--) this.sink(at);
  }

  /** Take out the item with the largest key; -1 when there is none. */
  pop(): number {
    if (this.length === 0) return -1;
    const top = this.heap[0]!;
    this.heap[0] = this.heap[--this.length]!;
    this.sink(0);
    return top;
  }

  private sink(from: number): void {
    const { heap, keys, length } = this;
    let at = from;
    const item = heap[at]!;
    const key = keys[item]!;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && this.isBefore(heap[child + 1]!, heap[child]!)) child++;
      const below = heap[child]!;
      const belowKey = keys[below]!;
      if (key > belowKey || (key === belowKey && item < below)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = item;
  }

  private isBefore(a: number, b: number): boolean {
    const first = this.keys[a]!;
    const second = this.keys[b]!;
    return first > second || (first === second && a < b);
  }
}
