/** The probability whose log odds are `x`. */
export function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** The log odds of a probability in (0, 1). */
export function logit(p: number): number {
  return Math.log(p / (1 - p));
}

/** Beyond this many standard deviations the normal distribution is 0 or 1 to what a double can add to one half. */
const NORMAL_END = 8.3;

/** Standard normal distribution function, to 1e-15 absolute (power series of Marsaglia, J. Stat. Software 11(4), 2004). */
export function normalCdf(x: number): number {
  if (x <= -NORMAL_END) return 0;
  if (x >= NORMAL_END) return 1;
  let term = x;
  let sum = x;
  for (let n = 3, last = 0; sum !== last; n += 2) {
    last = sum;
    term *= (x * x) / n;
    sum += term;
  }
  // Far out the last digits may come out on the wrong side of nothing.
  return Math.max(0, Math.min(1, 0.5 + (sum * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI)));
}

/** The number whose `normalCdf` is `p` in (0, 1), by bisection: not for hot paths. */
export function normalQuantile(p: number): number {
  let low = -NORMAL_END;
  let high = NORMAL_END;
  for (let i = 0; i < 60; i++) {
    const mid = (low + high) / 2;
    if (normalCdf(mid) < p) low = mid;
    else high = mid;
  }
  return (low + high) / 2;
}
