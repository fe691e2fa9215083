/** Numbers with weights. */
export class Sample {
  readonly values: number[] = [];
  readonly weights: number[] = [];
  sum = 0;
  weight = 0;

  add(value: number, weight = 1): void {
    this.values.push(value);
    this.weights.push(weight);
    this.sum += value * weight;
    this.weight += weight;
  }

  get count(): number {
    return this.values.length;
  }

  get mean(): number {
    return this.sum / this.weight;
  }

  /** Several samples as one. */
  static join(samples: readonly Sample[]): Sample {
    const all = new Sample();
    for (const sample of samples) for (const [i, value] of sample.values.entries()) all.add(value, sample.weights[i]!);
    return all;
  }

  /** Value below which a share `q` of the weight lies. */
  quantile(q: number): number {
    const order = this.values.map((_, i) => i).sort((a, b) => this.values[a]! - this.values[b]!);
    let left = q * this.weight;
    for (const i of order) {
      left -= this.weights[i]!;
      if (left <= 0) return this.values[i]!;
    }
    return Number.NaN;
  }

  /** Share of the weight at values in [low, high]. */
  share(low: number, high: number): number {
    let sum = 0;
    for (const [i, value] of this.values.entries()) if (value >= low && value <= high) sum += this.weights[i]!;
    return sum / this.weight;
  }
}

/** Mean of independent numbers with its standard error. */
export function meanOf(values: readonly number[]): { readonly mean: number; readonly error: number } {
  const n = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1);
  return { mean, error: Math.sqrt(variance / n) };
}
