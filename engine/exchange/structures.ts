import { CENTI_CENT, DECI_CENT, Grid, LINEAR_CENT, TAPERED_DECI_CENT } from '../market/index.ts';
import { formatPrice, type Price, price } from '../units/index.ts';

/** Edges below 10 and above 90 cents in one step, the middle in another. */
function edged(edge: number, centre: number): Grid {
  const at = [0, 1000, 9000, 10_000].map(price) as [Price, Price, Price, Price];
  return Grid.of([
    { start: at[0], end: at[1], step: edge },
    { start: at[1], end: at[2], step: centre },
    { start: at[2], end: at[3], step: edge },
  ]);
}

function even(step: number): Grid {
  return Grid.of([{ start: price(0), end: price(10_000), step }]);
}

/** The price structures that Kalshi names (API 6.7). */
export const STRUCTURES: Readonly<Record<string, Grid>> = {
  linear_cent: LINEAR_CENT,
  deci_cent: DECI_CENT,
  tapered_deci_cent: TAPERED_DECI_CENT,
  center_whole_edge_half_cent: edged(50, 100),
  center_whole_edge_quint_cent: edged(20, 100),
  center_half_edge_half_cent: even(50),
  center_half_edge_quint_cent: edged(20, 50),
  center_half_edge_deci_cent: edged(10, 50),
  center_quint_edge_quint_cent: even(20),
  center_quint_edge_deci_cent: edged(10, 20),
  center_centi_edge_centi_cent: CENTI_CENT,
  center_deci_edge_centi_cent: Grid.of([
    { start: price(0), end: price(100), step: 1 },
    { start: price(100), end: price(9900), step: 10 },
    { start: price(9900), end: price(10_000), step: 1 },
  ]),
};

const NAMES = new Map(Object.entries(STRUCTURES).map(([name, grid]) => [grid.key, name]));

/** A grid's name; `banded_centi_cent` for one without. */
export function structureName(grid: Grid): string {
  return NAMES.get(grid.key) ?? 'banded_centi_cent';
}

/** A grid as the wire describes it. */
export function gridBody(grid: Grid): Record<string, unknown> {
  return {
    price_level_structure: structureName(grid),
    price_ranges: grid.bands.map((b) => ({
      start: formatPrice(b.start),
      end: formatPrice(b.end),
      step: formatPrice(b.step as Price),
    })),
  };
}
