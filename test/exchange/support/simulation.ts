import { Exchange } from '../../../engine/exchange/exchange.ts';
import type { Preset } from '../../../engine/exchange/synthetic/presets.ts';
import { Synthetic, type WorldListener } from '../../../engine/exchange/synthetic/synthetic.ts';
import { feeSchedule, type Grid, LINEAR_CENT } from '../../../engine/market/index.ts';
import type { TimeUs } from '../../../engine/units/index.ts';
import { START_US } from './bench.ts';

/** A synthetic world on an exchange whose clock is the world's own: hours pass as fast as they can be computed. */
export class Simulation {
  readonly exchange: Exchange;
  readonly world: Synthetic;
  readonly tickers: readonly string[];
  private seconds = 0;
  private ids = 0;

  constructor(preset: Preset, markets: number, seed: number, listener: WorldListener = {}, grid: Grid = LINEAR_CENT) {
    const now = (): TimeUs => (START_US + Math.round(this.seconds * 1_000_000)) as TimeUs;
    this.exchange = new Exchange({ now, newId: () => `${++this.ids}` });
    this.tickers = Array.from({ length: markets }, (_, n) => `SYN-${n}-YES`);
    for (const ticker of this.tickers) {
      this.exchange.list({
        ticker,
        eventTicker: ticker,
        seriesTicker: 'SYN',
        title: ticker,
        exchangeIndex: 0,
        grid,
        fees: feeSchedule('quadratic', '1', 100),
        feeType: 'quadratic',
        status: 'active',
        openTime: START_US as TimeUs,
        closeTime: (START_US + preset.hours * 3_600_000_000) as TimeUs,
      });
    }
    this.world = new Synthetic(this.exchange, this.tickers, {
      preset,
      seed,
      listener: {
        ...listener,
        time: (at) => {
          listener.time?.(at);
          this.seconds = at;
        },
      },
    });
  }
}
