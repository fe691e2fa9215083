import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { engineConfig, readConfig } from '../../engine/cli/config.ts';
import type { RiskLimits } from '../../engine/risk/index.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(path.join(tmpdir(), 'hundred-risk-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The least a section has to say. */
const LEAST = `  maxPositionContracts: 200
  maxOrderContracts: 100
  maxOrdersPerMarket: 12
  maxOrders: 200
  maxCapitalDollars: 5000
  priceBandCents: 10
  maxSessionLossDollars: 200
`;

/** The limits of the paper configuration with another `risk` section. */
function limits(section: string, markets = '[]'): RiskLimits {
  const text = readFileSync(path.join(ROOT, 'config', 'paper.yaml'), 'utf8');
  const file = path.join(folder, 'config.yaml');
  const other = text.replace(/^risk:\n( .*\n)*/m, `risk:\n${section}`).replace('markets: []', `markets: ${markets}`);
  writeFileSync(file, other);
  return engineConfig(readConfig(file), 'x', []).risk;
}

function refused(line: string, pattern: RegExp, markets?: string): void {
  const name = line.split(':')[0]!;
  const section = LEAST.split('\n').filter((known) => !known.startsWith(`${name}:`));
  assert.throws(() => limits(`${section.join('\n')}${line}\n`, markets), pattern);
}

test('a section that says no more than it did before has every limit at its default', () => {
  const { event, series, strategy, total, ...rest } = limits(LEAST);
  assert.deepEqual(
    [rest.maxMarketRisk, event?.maxRisk, series?.maxRisk, strategy?.maxRisk, total?.maxRisk].map((x) => x! / 1e6),
    [500, 1000, 2500, 10_000, 10_000],
  );
  assert.deepEqual([rest.maxOrderValue, rest.cashReserve, rest.maxEquityShare], [250e6, 100e6, 0.2]);
  assert.deepEqual([rest.messagesPerSecond, rest.duplicateMs, rest.maxBookDoubtMs], [5, 500, 3000]);
  assert.deepEqual(
    [event?.maxContracts, rest.maxTradesPerDay, rest.maxRestingPerMarket],
    [undefined, undefined, undefined],
  );
});

test('a limit that would round to nothing, and so be none, is refused', () => {
  refused('  maxSessionLossDollars: 0.0000001', /risk\.maxSessionLossDollars/);
  const file = path.join(folder, 'levels.yaml');
  const text = readFileSync(path.join(ROOT, 'config', 'paper.yaml'), 'utf8');
  writeFileSync(file, text.replace('softLossShare: 0.6', 'maxDailyLossDollars: 0.001'));
  assert.throws(() => readConfig(file), /levels\.maxDailyLossDollars/);
});

test('a default is no more than the level above has, and no less than the level below', () => {
  const low = limits(`${LEAST}  maxTotalRiskDollars: 300\n`);
  assert.deepEqual(
    [low.maxMarketRisk, low.event?.maxRisk, low.strategy?.maxRisk].map((x) => x! / 1e6),
    [300, 300, 300],
  );
  const high = limits(`${LEAST}  maxMarketRiskDollars: 4000\n`);
  assert.deepEqual(
    [high.maxMarketRisk, high.event?.maxRisk, high.series?.maxRisk].map((x) => x! / 1e6),
    [4000, 4000, 4000],
  );
});

test('limits that contradict each other are refused with both numbers', () => {
  refused(
    '  maxEventRiskDollars: 900\n  maxTotalRiskDollars: 800',
    /risk\.maxEventRiskDollars: 900 is more than maxTotalRiskDollars \(800\) leaves/,
  );
  refused(
    '  maxEventContracts: 90\n  maxTotalContracts: 80',
    /risk\.maxEventContracts: 90 is more than maxTotalContracts \(80\)/,
  );
  refused('  maxOrdersPerMarket: 201', /risk\.maxOrdersPerMarket: 201 is more than maxOrders \(200\) for all/);
  refused(
    '  maxOrderContracts: 401',
    /risk\.maxOrderContracts: 401 is more than ever fits: .* \(200\) to the other are 400/,
  );
  refused('  maxEventRiskDolars: 5', /unknown field "maxEventRiskDolars" \(did you mean "maxEventRiskDollars"\?\)/);
  refused('  maxEquityShare: 20', /risk\.maxEquityShare: .*<=1/);
  const override = '  overrides: { markets: { KX-B: { maxPositionContracts: 3 } } }';
  refused(override, /risk\.overrides\.markets\.KX-B: is not among the markets above \(KX-A\)/, '[KX-A]');
  assert.equal(limits(`${LEAST}${override}\n`, '[KX-B]').overrides?.markets?.['KX-B']?.maxPosition, 300);
});
