import type { Random } from '../random.ts';
import { logistic, logit } from './probability.ts';
import type { Diffusion, Truth } from './truth.ts';

/** Log odds beyond this are taken for certain: nothing a price could show changes there. */
const CERTAIN = 30;

/**
 * Information about one event trickles in: the log odds diffuse and jump so that the probability is a martingale, exactly
 * and for any step. A step of the diffusion is a noisy signal about the outcome, drawn from its predictive distribution:
 * with probability p the log odds gain s^2/2, else they lose it, plus a normal of standard deviation s. Its mean is the
 * drift -s^2 (1 - 2p)/2 of the limit. A jump of size J goes up with probability d/(u + d), where u is what p gains upwards
 * and d what it loses downwards. The outcome is drawn from the last p.
 */
export class Information implements Truth {
  readonly fair = new Float64Array(1);
  private readonly random: Random;
  private readonly stepSd: number;
  private readonly jumpChance: number;
  private readonly jumpSize: number;
  private logOdds: number;

  constructor(random: Random, start: number, diffusion: Diffusion) {
    this.random = random;
    this.stepSd = diffusion.volatility / 60;
    this.jumpChance = diffusion.jumpsPerHour / 3600;
    this.jumpSize = diffusion.jumpSize;
    this.logOdds = logit(start);
    this.fair[0] = start;
  }

  step(): boolean {
    const { random, stepSd } = this;
    const half = (stepSd * stepSd) / 2;
    const gain = random.next() < this.fair[0]! ? half : -half;
    this.move(gain + stepSd * random.normal());
    if (random.next() >= this.jumpChance) return false;
    this.move(signedJump(random, this.logOdds, this.jumpSize));
    return true;
  }

  jump(_market: number, size: number): void {
    this.move(size);
  }

  settle(): boolean[] {
    return [this.random.next() < this.fair[0]!];
  }

  private move(by: number): void {
    this.logOdds = Math.max(-CERTAIN, Math.min(CERTAIN, this.logOdds + by));
    this.fair[0] = logistic(this.logOdds);
  }
}

/** A jump of the log odds that leaves the mean of the probability where it is. */
export function signedJump(random: Random, logOdds: number, scale: number): number {
  const size = Math.abs(scale * random.normal());
  const p = logistic(logOdds);
  const gain = logistic(logOdds + size) - p;
  const loss = p - logistic(logOdds - size);
  const up = random.next() * (gain + loss) < loss;
  return up ? size : -size;
}
