import type { SourceStatus } from '../external/index.ts';

/** A line for each source of values from outside, a second one where something is wrong. */
export function sourceLines(sources: readonly SourceStatus[]): string[] {
  return sources.flatMap((s) => {
    const ages =
      s.newestMs === null ? 'no value yet' : `newest ${seconds(s.newestMs)} old, oldest ${seconds(s.oldestMs!)} old`;
    const counts = `${s.accepted} taken, ${s.refused} refused, ${s.failures} failed reads`;
    const state = s.trouble === '' ? '' : '  NOT READ';
    return [
      `external ${s.name} (${s.where}): ${s.names} names, ${ages}; ${counts}${state}`,
      ...(s.trouble === '' ? [] : [`  it ${s.trouble}`]),
      ...(s.complaint === '' ? [] : [`  last refused: ${s.complaint}`]),
    ];
  });
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
