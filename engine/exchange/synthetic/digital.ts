import type { Random } from '../random.ts';
import { logistic, logit, normalCdf, normalQuantile } from './probability.ts';
import type { Truth } from './truth.ts';

/** Keeps log odds finite where a jump is made by hand. */
const LEAST = 1e-12;

/**
 * Whether something that moves like Brownian motion Z ends above zero (a temperature, a coin's price, a score): with the
 * whole life of the market as unit of time, p = Phi(Z / sqrt(time left)). The fair value swings wildest at the end.
 */
export class Digital implements Truth {
  readonly fair = new Float64Array(1);
  private readonly random: Random;
  private readonly steps: number;
  private taken = 0;
  private z: number;

  /** @param seconds life of the market, in whole seconds */
  constructor(random: Random, start: number, seconds: number) {
    this.random = random;
    this.steps = seconds;
    this.z = normalQuantile(start);
    this.fair[0] = start;
  }

  step(): boolean {
    if (this.taken >= this.steps) return false;
    this.taken++;
    this.z += this.random.normal() / Math.sqrt(this.steps);
    this.fair[0] = digitalProbability(this.z, this.left);
    return false;
  }

  jump(_market: number, size: number): void {
    const p = Math.max(LEAST, Math.min(1 - LEAST, this.fair[0]!));
    this.fair[0] = logistic(logit(p) + size);
    this.z = normalQuantile(this.fair[0]) * Math.sqrt(this.left);
  }

  settle(): boolean[] {
    return [this.left > 0 ? this.random.next() < this.fair[0]! : this.z > 0];
  }

  /** Share of the life that is left. */
  private get left(): number {
    return (this.steps - this.taken) / this.steps;
  }
}

/** Probability that Brownian motion at `z` is above zero when `left` more time has passed. */
export function digitalProbability(z: number, left: number): number {
  if (left <= 0) return z > 0 ? 1 : 0;
  return normalCdf(z / Math.sqrt(left));
}
