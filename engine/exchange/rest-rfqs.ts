import {
  type ApiAnswer,
  type ApiCall,
  invalidParameters,
  listParameter,
  ok,
  oneOfParameter,
  paged,
  timeBounds,
} from './call.ts';
import type { Exchange } from './exchange.ts';
import { boolField, objectOf, stringField, subaccountField } from './fields.ts';
import { Refusal } from './order.ts';
import type { Quote, Rfq } from './rfq.ts';
import { communicationsId, quoteBody, rfqBody } from './rfq-bodies.ts';
import type { RfqDesk } from './rfq-desk.ts';
import { bidField, rfqTerms } from './rfq-fields.ts';

type Json = Readonly<Record<string, unknown>>;

const DONE: ApiAnswer = { status: 204, body: undefined };
const SELF = ['self'] as const;
const RFQ_PAGE = { most: 100, usual: 100 };
const QUOTE_PAGE = { most: 500, usual: 500 };

/** The calls below `/communications`: requests for quotes and quotes. */
export class RfqApi {
  private readonly desk: RfqDesk;
  private readonly exchange: Exchange;

  constructor(desk: RfqDesk, exchange: Exchange) {
    this.desk = desk;
    this.exchange = exchange;
  }

  /** Answer a call, or null for a path there is not. @throws Refusal */
  answer(call: ApiCall): ApiAnswer | null {
    this.desk.tick();
    const { method, path, userId } = call;
    const [, subject, id, below, quoteId, act] = path;
    if (subject === 'id') {
      return method === 'GET' && path.length === 2 ? ok({ communications_id: communicationsId(userId) }) : null;
    }
    if (subject === 'quotes') return path.length > 4 ? null : this.quotes(call, id, below, null);
    if (subject === 'block-trade-proposals')
      throw new Refusal(501, 'not_implemented', 'block trades are not simulated: quote on an RFQ instead');
    if (subject !== 'rfqs') return null;
    if (path.length > 3) {
      const scoped = below === 'quotes' && quoteId !== undefined && path.length <= 6;
      return scoped ? this.quotes(call, quoteId, act, id!) : null;
    }
    if (id === undefined) return method === 'GET' ? this.list(call) : method === 'POST' ? this.ask(call) : null;
    if (method === 'GET') return this.one(call, id);
    if (method !== 'DELETE') return null;
    if (!owns(call, this.desk.rfqs.get(id))) throw new Refusal(404, 'not_found');
    this.desk.withdraw(userId, id);
    return DONE;
  }

  private one(call: ApiCall, id: string): ApiAnswer {
    const rfq = this.desk.rfqs.get(id);
    if (rfq === undefined) throw new Refusal(404, 'not_found');
    return ok({ rfq: this.body(call, rfq) });
  }

  /** A request as the caller may see it. */
  private body(call: ApiCall, rfq: Rfq): Json {
    return rfqBody(rfq, owns(call, rfq) ? call.userId : '');
  }

  private ask(call: ApiCall): ApiAnswer {
    const model = 'CreateRFQRequest';
    const o = objectOf(call.body, model);
    const replaces = boolField(o, 'replace_existing', model);
    return { status: 201, body: { id: this.desk.ask(call.userId, rfqTerms(o, model), replaces).id } };
  }

  private list(call: ApiCall): ApiAnswer {
    const { query, userId } = call;
    const operation = 'GetRFQs';
    const status = oneOfParameter(query, operation, 'status', ['open', 'closed'] as const);
    const own = oneOfParameter(query, operation, 'user_filter', SELF) !== null;
    const passes = this.marketFilter(query);
    const creator = query.get('creator_user_id') || null;
    const found = [...this.desk.rfqs.values()].filter(
      (rfq) =>
        (status === null || rfq.status === status) &&
        (!own || owns(call, rfq)) &&
        (creator === null || (rfq.userId === creator && (creator !== userId || owns(call, rfq)))) &&
        passes(rfq.ticker),
    );
    return ok(paged(call, operation, 'rfqs', found.reverse(), (rfq) => this.body(call, rfq), RFQ_PAGE));
  }

  private marketFilter(query: URLSearchParams): (ticker: string) => boolean {
    const markets = listParameter(query, 'market_ticker');
    const event = query.get('event_ticker') || null;
    return (ticker) =>
      (markets === null || markets.includes(ticker)) &&
      (event === null || this.exchange.markets.get(ticker)?.listing.eventTicker === event);
  }

  /** Calls about quotes; `rfqId` where the path names the request, null for the older forms. */
  private quotes(
    call: ApiCall,
    id: string | undefined,
    act: string | undefined,
    rfqId: string | null,
  ): ApiAnswer | null {
    const { method, userId } = call;
    if (id === undefined) {
      return method === 'GET' ? this.quoteList(call) : method === 'POST' ? this.quote(call) : null;
    }
    const known = act === undefined ? method === 'GET' || method === 'DELETE' : method === 'PUT';
    if (!known || (act !== undefined && act !== 'accept' && act !== 'confirm')) return null;
    const quote = this.desk.quotes.get(id);
    if (quote === undefined || (rfqId !== null && quote.rfq.id !== rfqId) || !isParty(call, quote))
      throw new Refusal(404, 'not_found');
    if (method === 'GET') return ok({ quote: quoteBody(quote, userId) });
    if (act === undefined) this.desk.cancel(userId, id);
    else if (act === 'confirm') this.desk.confirm(userId, id);
    else {
      const model = 'AcceptQuoteRequest';
      const side = stringField(objectOf(call.body, model), 'accepted_side', model);
      if (side !== 'yes' && side !== 'no') throw invalidParameters('accepted_side must be one of yes, no');
      this.desk.accept(userId, id, side);
    }
    return DONE;
  }

  private quote(call: ApiCall): ApiAnswer {
    const model = 'CreateQuoteRequest';
    const o = objectOf(call.body, model);
    const [yesBid, noBid] = [bidField(o, 'yes_bid', model), bidField(o, 'no_bid', model)];
    if (yesBid === 0 && noBid === 0) throw invalidParameters('yes_bid or no_bid is required');
    const restRemainder = boolField(o, 'rest_remainder', model);
    const postOnly = boolField(o, 'post_only', model);
    const subaccount = subaccountField(o, 'subaccount', model);
    const terms = { subaccount, yesBid, noBid, restRemainder, postOnly };
    return { status: 201, body: { id: this.desk.quote(call.userId, stringField(o, 'rfq_id', model), terms).id } };
  }

  private quoteList(call: ApiCall): ApiAnswer {
    const { query, userId } = call;
    const operation = 'GetQuotes';
    const own = oneOfParameter(query, operation, 'user_filter', SELF) !== null;
    const asked = oneOfParameter(query, operation, 'rfq_user_filter', SELF) !== null;
    const [creator, asker, rfqId] = ['quote_creator_user_id', 'rfq_creator_user_id', 'rfq_id'].map(
      (name) => query.get(name) || null,
    );
    if (!own && !asked && [creator, asker, rfqId].every((value) => value === null))
      throw invalidParameters('a user filter or rfq_id is required');
    const status = query.get('status') || null;
    const { from, to } = timeBounds(query, operation);
    const found = [...this.desk.quotes.values()].filter(
      (quote) =>
        isParty(call, quote) &&
        (!own || quote.userId === userId) &&
        (!asked || quote.rfq.userId === userId) &&
        (creator === null || quote.userId === creator) &&
        (asker === null || quote.rfq.userId === asker) &&
        (rfqId === null || quote.rfq.id === rfqId) &&
        (status === null || quote.status === status) &&
        quote.createdTime >= from &&
        quote.createdTime <= to,
    );
    return ok(paged(call, operation, 'quotes', found.reverse(), (quote) => quoteBody(quote, userId), QUOTE_PAGE));
  }
}

/** Whether something is the caller's: its user's, in a subaccount that its key reaches. */
function owns({ userId, only }: ApiCall, thing: Rfq | Quote | undefined): boolean {
  return thing?.userId === userId && (only === undefined || thing.subaccount === only);
}

function isParty(call: ApiCall, quote: Quote): boolean {
  return owns(call, quote) || owns(call, quote.rfq);
}
