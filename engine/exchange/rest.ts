import { KeyRing } from './auth.ts';
import type { ApiAnswer, ApiCall } from './call.ts';
import { Candles } from './candles.ts';
import { costOf } from './costs.ts';
import type { Exchange } from './exchange.ts';
import { Refusal } from './order.ts';
import { AccountApi } from './rest-account.ts';
import { CandleApi } from './rest-candles.ts';
import { EventApi } from './rest-events.ts';
import { GroupApi } from './rest-groups.ts';
import { IncentiveApi, type IncentiveProgram } from './rest-incentives.ts';
import { KeyApi } from './rest-keys.ts';
import { MarketApi } from './rest-markets.ts';
import { OrderApi } from './rest-orders.ts';
import { PortfolioApi } from './rest-portfolio.ts';
import { RfqApi } from './rest-rfqs.ts';
import { SubaccountApi } from './rest-subaccounts.ts';
import { TransferApi } from './rest-transfers.ts';
import { RfqDesk } from './rfq-desk.ts';
import { isPublic } from './scopes.ts';

export { type ApiAnswer, type ApiCall, refusalBody } from './call.ts';

/** One subject of the API: answers its calls, or null for a path there is not. @throws Refusal */
interface Subject {
  answer(call: ApiCall): ApiAnswer | null;
}

export interface RestOptions {
  /** Keys that `/api_keys` shows and makes. */
  readonly keys?: KeyRing;
  readonly incentives?: readonly IncentiveProgram[];
}

/** Every REST call that a trading client touches. Pure of sockets: a call in, an answer out. */
export class RestApi {
  readonly accounts: AccountApi;
  /** Requests for quotes and their quotes. */
  readonly desk: RfqDesk;
  /** The subjects by where their paths begin; the first that fits answers. */
  private readonly routes: readonly (readonly [prefix: string, subject: Subject])[];

  constructor(exchange: Exchange, tier: string, newId: () => string, options: RestOptions = {}) {
    this.accounts = new AccountApi(exchange, tier);
    this.desk = new RfqDesk(exchange, newId);
    const markets = new MarketApi(exchange);
    const candles = new CandleApi(exchange, new Candles(exchange));
    const tierOf = (userId: string): string => this.accounts.tierOf(userId);
    const keys = new KeyApi(options.keys ?? new KeyRing(0), newId, tierOf);
    const transfers = new TransferApi(exchange);
    this.routes = [
      ['account', this.accounts],
      ['api_keys', keys],
      ['communications', new RfqApi(this.desk, exchange)],
      ['incentive_programs', new IncentiveApi(exchange, options.incentives ?? [])],
      ['portfolio/order_groups', new GroupApi(exchange, newId)],
      ['portfolio/events/orders', new OrderApi(exchange)],
      ['portfolio/subaccounts', new SubaccountApi(exchange, tierOf)],
      ['portfolio/intra_exchange_instance_transfer', transfers],
      ['portfolio/intra_exchange_instance_transfers', transfers],
      ['portfolio', new PortfolioApi(exchange)],
      ['markets/candlesticks', candles],
      ['series/:series/markets', candles],
      ['series/:series/events', candles],
      ['series', new EventApi(exchange)],
      ['events', new EventApi(exchange)],
      ['markets', markets],
      ['exchange', markets],
    ];
  }

  static readonly isPublic = isPublic;

  static readonly cost = costOf;

  /** Answer a call. @throws Refusal */
  answer(call: ApiCall): ApiAnswer {
    const result = this.route(call.path)?.answer(call) ?? null;
    if (result === null) throw new Refusal(404, 'text:404 page not found');
    return result;
  }

  private route(path: readonly string[]): Subject | null {
    const fits = (prefix: string): boolean =>
      prefix.split('/').every((part, i) => part === path[i] || (part.startsWith(':') && path[i] !== undefined));
    return this.routes.find(([prefix]) => fits(prefix))?.[1] ?? null;
  }
}
