import { BID } from '../units/index.ts';
import { BodyBytes, bytesOf, CLOSE_BRACE, keep, QUOTE, whole } from './body-bytes.ts';
import type { AmendOrder, DecreaseOrder } from './commands.ts';

/** What all amends, or all decreases, of one market have in common: everything up to the count. */
interface ChangeTemplate {
  readonly exchangeIndex: number;
  readonly bid: Uint8Array;
  readonly ask: Uint8Array;
}

const HEAD = '{"side":"';
const MIDDLE = '","price":"0.';
/** Where the four decimals of an amend's price go. */
const DECIMALS_AT = HEAD.length + 3 + MIDDLE.length;

/**
 * Bodies of amends and decreases as bytes: the same objects as `amendOrderBody` and `decreaseOrderBody` make, with the
 * count last. The bytes returned are good until the next call.
 */
export class ChangeEncoder extends BodyBytes {
  private readonly amendTemplates = new Map<string, ChangeTemplate>();
  private readonly decreaseTemplates = new Map<string, ChangeTemplate>();

  /**
   * Body of `POST /portfolio/events/orders/{order_id}/amend`.
   * @throws WireError `unsendable` for a price, total or shard no order can have, `too_large` beyond 4 MiB
   */
  amend({ ticker, side, price, total, exchangeIndex }: AmendOrder): Uint8Array {
    let template = this.amendTemplates.get(ticker);
    if (template?.exchangeIndex !== exchangeIndex) {
      template = amendTemplate(ticker, exchangeIndex);
      keep(this.amendTemplates, ticker, template);
    }
    this.at = 0;
    this.start(side === BID ? template.bid : template.ask, 0);
    this.price(price, DECIMALS_AT);
    this.count(total);
    return this.close();
  }

  /** Body of `POST /portfolio/events/orders/{order_id}/decrease`. @throws WireError as `amend` */
  decrease({ ticker, left, exchangeIndex }: DecreaseOrder): Uint8Array {
    let template = this.decreaseTemplates.get(ticker);
    if (template?.exchangeIndex !== exchangeIndex) {
      template = decreaseTemplate(ticker, exchangeIndex);
      keep(this.decreaseTemplates, ticker, template);
    }
    this.at = 0;
    this.start(template.bid, 0);
    this.count(left);
    return this.close();
  }

  private close(): Uint8Array {
    this.bytes[this.at++] = QUOTE;
    this.bytes[this.at++] = CLOSE_BRACE;
    return this.written;
  }
}

function amendTemplate(ticker: string, exchangeIndex: number): ChangeTemplate {
  const routing = JSON.stringify({ ticker, exchange_index: whole(exchangeIndex, 'exchange_index') }).slice(1, -1);
  const bytes = (side: string): Uint8Array => bytesOf(`${HEAD}${side}${MIDDLE}0000",${routing},"count":"`);
  return { exchangeIndex, bid: bytes('bid'), ask: bytes('ask') };
}

/** The side makes no difference. */
function decreaseTemplate(ticker: string, exchangeIndex: number): ChangeTemplate {
  const routing = JSON.stringify({ exchange_index: whole(exchangeIndex, 'exchange_index'), market_ticker: ticker });
  const bytes = bytesOf(`${routing.slice(0, -1)},"reduce_to":"`);
  return { exchangeIndex, bid: bytes, ask: bytes };
}
