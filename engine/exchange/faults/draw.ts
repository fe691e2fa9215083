/**
 * A number in [0, 1) that belongs to the `n`-th event of a stream. It depends on the three arguments alone, so what one
 * stream draws is the same however its events fall between those of others.
 */
export function draw(seed: number, stream: string, n: number): number {
  let h = (seed ^ 0x9e3779b9) | 0;
  for (let i = 0; i < stream.length; i++) h = Math.imul(h ^ stream.charCodeAt(i), 0x01000193);
  h = mixed(Math.imul(h ^ n, 0x85ebca6b) ^ Math.floor(n / 0x1_0000_0000));
  return (mixed(h ^ n) >>> 0) / 4_294_967_296;
}

/** Every bit of the result depends on every bit given (the finalizer of MurmurHash3). */
function mixed(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
