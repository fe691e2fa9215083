import type { Random } from '../random.ts';
import { signedJump } from './information.ts';
import { logistic, logit } from './probability.ts';
import type { Diffusion, Truth } from './truth.ts';

/** No leg is ever ruled out entirely before the end: its log odds must stay finite. */
const LEAST = 1e-12;

/**
 * Information about an event of several outcomes of which exactly one comes true: probabilities that sum to one, each an
 * exact martingale. A step is a noisy signal about the outcome, drawn from its predictive distribution and weighed in by
 * Bayes' rule: an outcome k is drawn from p, every leg's score gains a normal of standard deviation s, k's another s^2, and
 * p becomes the softmax of log p and the scores. News moves the log odds of one leg; the others keep their proportions.
 */
export class Outcomes implements Truth {
  readonly fair: Float64Array;
  private readonly random: Random;
  private readonly stepSd: number;
  private readonly jumpChance: number;
  private readonly jumpSize: number;

  /** @param start probabilities that sum to one, all positive */
  constructor(random: Random, start: readonly number[], diffusion: Diffusion) {
    this.random = random;
    this.fair = Float64Array.from(start);
    // Two legs differ by the difference of two scores: this gives their log odds the asked volatility.
    this.stepSd = diffusion.volatility / 60 / Math.SQRT2;
    this.jumpChance = diffusion.jumpsPerHour / 3600;
    this.jumpSize = diffusion.jumpSize;
  }

  step(): boolean {
    const { fair, random, stepSd } = this;
    const signalled = this.draw();
    let sum = 0;
    for (let i = 0; i < fair.length; i++) {
      const score = stepSd * random.normal() + (i === signalled ? stepSd * stepSd : 0);
      fair[i] = Math.max(LEAST, fair[i]! * Math.exp(score));
      sum += fair[i]!;
    }
    for (let i = 0; i < fair.length; i++) fair[i] = fair[i]! / sum;
    if (random.next() >= this.jumpChance) return false;
    const leg = random.integer(0, fair.length - 1);
    this.jump(leg, signedJump(random, logit(fair[leg]!), this.jumpSize));
    return true;
  }

  jump(market: number, size: number): void {
    const { fair } = this;
    const before = fair[market]!;
    const after = logistic(logit(before) + size);
    for (let i = 0; i < fair.length; i++) fair[i] = i === market ? after : (fair[i]! * (1 - after)) / (1 - before);
  }

  settle(): boolean[] {
    const winner = this.draw();
    return Array.from(this.fair, (_, i) => i === winner);
  }

  private draw(): number {
    let left = this.random.next();
    for (let i = 0; i < this.fair.length; i++) {
      left -= this.fair[i]!;
      if (left < 0) return i;
    }
    return this.fair.length - 1;
  }
}
