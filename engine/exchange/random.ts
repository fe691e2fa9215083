/**
 * A small seeded random source (sfc32). Every agent owns one, derived from the run's seed and its own name, so that no
 * agent's draws depend on what the others, or we, do.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  constructor(seed: number, name: string) {
    let hash = seed | 0;
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
    this.a = hash;
    this.b = Math.imul(hash, 0x9e3779b1) | 0;
    this.c = Math.imul(hash ^ 0x85ebca6b, 0xc2b2ae35) | 0;
    for (let i = 0; i < 12; i++) this.next();
  }

  /** Uniform in [0, 1). */
  next(): number {
    const t = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + t;
    return (t >>> 0) / 4_294_967_296;
  }

  /** Uniform integer in [low, high]. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** Uniform in [low, high). */
  uniform(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** In [low, high], its logarithm uniform; both positive. */
  logUniform(low: number, high: number): number {
    return low * (high / low) ** this.next();
  }

  /** Failures before the first success of trials that succeed with probability `p` in (0, 1]. */
  geometric(p: number): number {
    const u = this.next();
    return p >= 1 ? 0 : Math.floor(Math.log(1 - u) / Math.log(1 - p));
  }

  /** Exponential with this mean. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }

  /** Standard normal. */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }
}
