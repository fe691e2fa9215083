/** Two-sided 95 % points of Student's t by degrees of freedom from 1; 1.96 beyond. */
const T95 = [12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131];

/** Mean of a few independent values and half the width of its 95 % interval; infinite for a single one. */
export function meanInterval(values: readonly number[]): { readonly mean: number; readonly half: number } {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { mean, half: Number.POSITIVE_INFINITY };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  return { mean, half: (T95[n - 2] ?? 1.96) * Math.sqrt(variance / n) };
}
