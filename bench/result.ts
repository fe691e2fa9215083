/** One comparison: the same work by this project and by a baseline, in the same interleaved run. */
export interface Row {
  readonly what: string;
  /** Unit of `ours` and `baseline`; smaller is better. */
  readonly unit: 'ns' | 'us';
  readonly ours: number;
  readonly baseline: number;
  /**
   * `speedup`: baseline / ours, more is better. `overhead`: ours / baseline, less is better (the baseline does less).
   */
  readonly ratio: 'speedup' | 'overhead';
  /** What the ratio must reach and what would be splendid; absent where nothing is demanded. */
  readonly must?: number;
  readonly stretch?: number;
}

/** A check of results: a benchmark whose candidates disagree measures nothing. */
export interface Check {
  readonly what: string;
  readonly passed: boolean;
  readonly detail: string;
}

/** What a benchmark hands back. */
export interface BenchResult {
  readonly name: string;
  readonly rows: readonly Row[];
  readonly checks: readonly Check[];
  /** What the reader must know to read the numbers, one sentence each. */
  readonly notes: readonly string[];
  /** Further figures for the JSON file. */
  readonly data: Readonly<Record<string, unknown>>;
}

export function ratioOf(row: Row): number {
  return row.ratio === 'speedup' ? row.baseline / row.ours : row.ours / row.baseline;
}

/** `must` met? '' where nothing is demanded. */
export function verdictOf(row: Row): string {
  const reaches = (limit: number): boolean => (row.ratio === 'speedup' ? ratioOf(row) >= limit : ratioOf(row) <= limit);
  if (row.must === undefined) return '';
  if (row.stretch !== undefined && reaches(row.stretch)) return 'stretch';
  return reaches(row.must) ? 'met' : 'missed';
}

/** The table as lines of text. */
export function tableOf(rows: readonly Row[]): string[] {
  const head = ['measured', 'ours', 'baseline', 'ratio', 'must', 'stretch', ''];
  const body = rows.map((row) => {
    const limit = (value: number | undefined): string =>
      value === undefined ? '-' : `${row.ratio === 'speedup' ? '>=' : '<='} ${value}x`;
    return [
      row.what,
      `${figure(row.ours)} ${row.unit}`,
      `${figure(row.baseline)} ${row.unit}`,
      `${ratioOf(row).toFixed(2)}x`,
      limit(row.must),
      limit(row.stretch),
      verdictOf(row),
    ];
  });
  const widths = head.map((_, column) => Math.max(...[head, ...body].map((cells) => cells[column]!.length)));
  return [head, ...body].map((cells) =>
    cells
      .map((cell, i) => (i === 0 || i === cells.length - 1 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
}

function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}

/** The median. `values` must not be empty. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
