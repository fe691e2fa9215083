import type { TimeUs } from '../units/index.ts';
import type { Exchange } from './exchange.ts';
import { Refusal } from './order.ts';
import { tradable } from './permission.ts';
import { type DeskEvent, newQuote, newRfq, type Quote, type QuoteTerms, type Rfq, type RfqTerms } from './rfq.ts';
import { checkParty, contractsFor, execute } from './rfq-trade.ts';

/** Requests that one account may have open. */
const MOST_OPEN = 100;
/** How long closed requests and cancelled quotes can be read. */
const KEEP_US = 7 * 86_400_000_000;

/** Requests for quotes and the quotes on them, from the asking to the trade. Nothing of it survives the process. */
export class RfqDesk {
  readonly rfqs = new Map<string, Rfq>();
  readonly quotes = new Map<string, Quote>();
  /** Confirmed quotes, which wait for their execution. */
  private readonly confirmed = new Set<Quote>();
  readonly listeners: ((event: DeskEvent) => void)[] = [];
  private readonly exchange: Exchange;
  private readonly newId: () => string;

  constructor(exchange: Exchange, newId: () => string) {
    this.exchange = exchange;
    this.newId = newId;
  }

  /** Ask for quotes. `replaces`: the subaccount's open requests in the same market are withdrawn. @throws Refusal */
  ask(userId: string, terms: RfqTerms, replaces: boolean): Rfq {
    tradable(this.exchange, terms.ticker);
    this.forget();
    const open = [...this.rfqs.values()].filter((rfq) => rfq.userId === userId && rfq.status === 'open');
    const replaced = replaces
      ? open.filter(({ ticker, subaccount }) => ticker === terms.ticker && subaccount === terms.subaccount)
      : [];
    if (open.length - replaced.length >= MOST_OPEN)
      throw new Refusal(409, 'too_many_open_rfqs', `an account can have ${MOST_OPEN} open RFQs`);
    for (const rfq of replaced) this.close(rfq, 'replaced');
    const rfq = newRfq(this.newId(), userId, terms, this.exchange.now());
    this.rfqs.set(rfq.id, rfq);
    this.tell({ type: 'rfq_created', rfq });
    return rfq;
  }

  /** Withdraw a request of the user's; its open quotes go with it. @throws Refusal `not_found` */
  withdraw(userId: string, rfqId: string): void {
    const rfq = this.rfqs.get(rfqId);
    if (rfq === undefined || rfq.userId !== userId || rfq.status !== 'open') throw new Refusal(404, 'not_found');
    this.close(rfq, 'deleted');
  }

  /** Quote on another's open request. @throws Refusal */
  quote(userId: string, rfqId: string, terms: QuoteTerms): Quote {
    const rfq = this.rfqs.get(rfqId);
    if (rfq === undefined || rfq.status !== 'open') throw new Refusal(404, 'not_found');
    if (rfq.userId === userId) throw new Refusal(400, 'invalid_parameters', 'invalid parameters', 'own RFQ');
    const market = tradable(this.exchange, rfq.ticker);
    const yesContracts = contractsFor(this.exchange, market, rfq, terms.yesBid);
    const noContracts = contractsFor(this.exchange, market, rfq, terms.noBid);
    // A target cost that does not even buy a hundredth of a contract.
    if (yesContracts === 0 || noContracts === 0) throw new Refusal(400, 'invalid_order_size');
    const contracts = { yesContracts, noContracts };
    const quote = newQuote(this.newId(), rfq, userId, { ...terms, ...contracts }, this.exchange.now());
    this.quotes.set(quote.id, quote);
    this.tell({ type: 'quote_created', rfq, quote });
    return quote;
  }

  /** Take back a quote that nobody has accepted. @throws Refusal `not_found` */
  cancel(userId: string, quoteId: string): void {
    const quote = this.quotes.get(quoteId);
    if (quote === undefined || quote.userId !== userId || quote.status !== 'open') throw new Refusal(404, 'not_found');
    this.end(quote, 'deleted');
  }

  /** The asker takes one of a quote's bids: `yes` sells YES to it. One quote of a request at a time. @throws Refusal */
  accept(userId: string, quoteId: string, side: 'yes' | 'no'): void {
    const quote = this.quotes.get(quoteId);
    if (quote === undefined || quote.rfq.userId !== userId || quote.status !== 'open')
      throw new Refusal(404, 'not_found');
    if ((side === 'yes' ? quote.yesBid : quote.noBid) === 0)
      throw new Refusal(400, 'invalid_parameters', 'invalid parameters', `the quote has no ${side} bid`);
    if (this.of(quote.rfq).some((other) => this.pending(other)))
      throw new Refusal(409, 'quote_already_accepted', 'another quote of this RFQ is being executed');
    checkParty(this.exchange, tradable(this.exchange, quote.rfq.ticker), quote, side, 'asker');
    quote.status = 'accepted';
    quote.acceptedSide = side;
    quote.acceptedTime = this.touch(quote);
    this.tell({ type: 'quote_accepted', rfq: quote.rfq, quote });
  }

  /** The quoter stands by an accepted quote; it executes a while later. @throws Refusal `expired` where it is too late */
  confirm(userId: string, quoteId: string): void {
    const quote = this.quotes.get(quoteId);
    if (quote === undefined || quote.userId !== userId || quote.status !== 'accepted')
      throw new Refusal(404, 'not_found');
    if (!this.pending(quote)) throw new Refusal(400, 'expired');
    checkParty(this.exchange, tradable(this.exchange, quote.rfq.ticker), quote, quote.acceptedSide!, 'quoter');
    quote.status = 'confirmed';
    quote.confirmedTime = this.touch(quote);
    this.confirmed.add(quote);
    this.tick();
  }

  /** Execute what is due. Call often, and before anything is read. */
  tick(): void {
    const due = this.exchange.now() - this.exchange.rules.quoteExecuteMs * 1000;
    for (const quote of this.confirmed) if (quote.confirmedTime <= due) this.execute(quote);
  }

  private execute(quote: Quote): void {
    const { rfq } = quote;
    this.confirmed.delete(quote);
    try {
      quote.orders = execute(this.exchange, tradable(this.exchange, rfq.ticker), quote, this.newId);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return this.end(quote, error.code);
    }
    quote.status = 'executed';
    quote.executedTime = this.touch(quote);
    if (rfq.status === 'open') this.close(rfq, 'executed');
    this.tell({ type: 'quote_executed', rfq, quote });
  }

  /** Quotes on a request. */
  private of(rfq: Rfq): Quote[] {
    return [...this.quotes.values()].filter((quote) => quote.rfq === rfq);
  }

  /** On its way to a trade: accepted and still to be confirmed in time, or confirmed. */
  private pending(quote: Quote): boolean {
    const { quoteConfirmMs } = this.exchange.rules;
    if (quote.status === 'accepted') return this.exchange.now() - quote.acceptedTime <= quoteConfirmMs * 1000;
    return quote.status === 'confirmed';
  }

  /** A request that was executed is closed, any other end cancels it. */
  private close(rfq: Rfq, reason: string): void {
    rfq.status = 'closed';
    rfq.updatedTime = this.exchange.now();
    if (reason !== 'executed') {
      rfq.cancelledTime = rfq.updatedTime;
      rfq.reason = reason;
    }
    for (const quote of this.of(rfq)) if (quote.status === 'open') this.end(quote, 'rfq_closed');
    this.tell({ type: 'rfq_deleted', rfq });
  }

  private end(quote: Quote, reason: string): void {
    quote.status = 'cancelled';
    quote.reason = reason;
    quote.cancelledTime = this.touch(quote);
  }

  private touch(quote: Quote): TimeUs {
    quote.updatedTime = this.exchange.now();
    return quote.updatedTime;
  }

  private tell(event: DeskEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  private forget(): void {
    const before = this.exchange.now() - KEEP_US;
    for (const quote of this.quotes.values())
      if (quote.updatedTime < before && quote.status !== 'confirmed' && quote.rfq.status === 'closed')
        this.quotes.delete(quote.id);
    for (const rfq of this.rfqs.values())
      if (rfq.status === 'closed' && rfq.updatedTime < before) this.rfqs.delete(rfq.id);
  }
}
