import { BID, type Count, formatCount, formatPrice, type Price, type Side } from '../units/index.ts';

/** Self-trade prevention: what happens when an order of ours would meet another of ours. */
export type SelfTradePrevention = 'taker_at_cross' | 'maker';

/** One order of a batched create. Always good till cancelled and post-only: makers do not cross. */
export interface CreateOrder {
  readonly ticker: string;
  readonly clientOrderId: string;
  readonly side: Side;
  readonly price: Price;
  readonly count: Count;
  readonly groupId: string;
  readonly exchangeIndex: number;
  /** Unix seconds after which the exchange cancels it, 0 for never. */
  readonly expirationSeconds: number;
}

/** One order of a batched cancel. The routing is always named: an unrouted cancel only looks on shard 0. */
export interface CancelOrder {
  readonly orderId: string;
  readonly ticker: string;
  readonly exchangeIndex: number;
}

/** An amend of a resting order. Price and total replace the old ones; the order keeps its ids, group and post-only. */
export interface AmendOrder {
  readonly ticker: string;
  readonly side: Side;
  readonly price: Price;
  /** Contracts filled so far and those that shall rest, together. */
  readonly total: Count;
  readonly exchangeIndex: number;
}

/** A decrease of a resting order, which keeps its place in the queue. */
export interface DecreaseOrder {
  readonly ticker: string;
  /** What shall rest. Unlike an amount to take off it can be sent twice, and does not add to a fill it races. */
  readonly left: Count;
  readonly exchangeIndex: number;
}

/** Paths below the API root. */
export const Paths = {
  create: '/portfolio/events/orders',
  batched: '/portfolio/events/orders/batched',
  orders: '/portfolio/orders',
  fills: '/portfolio/fills',
  positions: '/portfolio/positions',
  balance: '/portfolio/balance',
  groups: '/portfolio/order_groups',
  createGroup: '/portfolio/order_groups/create',
  queuePositions: '/portfolio/orders/queue_positions',
  incentives: '/incentive_programs',
  limits: '/account/limits',
  costs: '/account/endpoint_costs',
  status: '/exchange/status',
  schedule: '/exchange/schedule',
  markets: '/markets',
} as const;

/** Path of an order group, or of what is done to it. */
export function groupPath(groupId: string, action?: 'trigger' | 'reset' | 'limit'): string {
  const path = `${Paths.groups}/${encodeURIComponent(groupId)}`;
  return action === undefined ? path : `${path}/${action}`;
}

/** Path of one order's own operations: a cancel, `amend`, `decrease`. */
export function orderPath(orderId: string, action: '' | 'amend' | 'decrease' = ''): string {
  return `${Paths.create}/${encodeURIComponent(orderId)}${action === '' ? '' : `/${action}`}`;
}

/** The field that names a subaccount (0 to 63) in the body of a write: 0 is meant where there is none. */
export function subaccountField(subaccount: number): { readonly subaccount?: number } {
  return subaccount === 0 ? {} : { subaccount };
}

/** The same for writes that name it in their query; '' for 0. */
export function subaccountQuery(subaccount: number): string {
  return subaccount === 0 ? '' : `subaccount=${subaccount}`;
}

/** Body of `POST /portfolio/events/orders/batched`. Field values are escaped by JSON.stringify where free text. */
export function createOrdersBody(orders: readonly CreateOrder[], subaccount = 0): string {
  return JSON.stringify({ orders: orders.map((order) => createFields(order, subaccount)) });
}

/** Body of `POST /portfolio/events/orders`. */
export function createOrderBody(order: CreateOrder, subaccount = 0): string {
  return JSON.stringify(createFields(order, subaccount));
}

function createFields(o: CreateOrder, subaccount: number): Record<string, unknown> {
  return {
    ticker: o.ticker,
    client_order_id: o.clientOrderId,
    side: o.side === BID ? 'bid' : 'ask',
    count: formatCount(o.count),
    price: formatPrice(o.price),
    time_in_force: 'good_till_canceled',
    post_only: true,
    self_trade_prevention_type: 'taker_at_cross',
    cancel_order_on_pause: true,
    order_group_id: o.groupId,
    exchange_index: o.exchangeIndex,
    ...subaccountField(subaccount),
    ...(o.expirationSeconds > 0 ? { expiration_time: o.expirationSeconds } : {}),
  };
}

/** An order that closes a position: it takes what there is at its price or better, and vanishes. */
export type FlattenOrder = Omit<CreateOrder, 'groupId' | 'expirationSeconds'>;

/** Body of `POST /portfolio/events/orders` for it. Reduce-only is for immediate-or-cancel orders (API section 6.5). */
export function flattenOrderBody(o: FlattenOrder, subaccount = 0): string {
  return JSON.stringify({
    ticker: o.ticker,
    client_order_id: o.clientOrderId,
    side: o.side === BID ? 'bid' : 'ask',
    count: formatCount(o.count),
    price: formatPrice(o.price),
    time_in_force: 'immediate_or_cancel',
    reduce_only: true,
    self_trade_prevention_type: 'taker_at_cross',
    exchange_index: o.exchangeIndex,
    ...subaccountField(subaccount),
  });
}

/** Body of `POST /portfolio/events/orders/{order_id}/amend`. */
export function amendOrderBody(o: AmendOrder): string {
  return JSON.stringify({
    ticker: o.ticker,
    side: o.side === BID ? 'bid' : 'ask',
    price: formatPrice(o.price),
    count: formatCount(o.total),
    exchange_index: o.exchangeIndex,
  });
}

/** Body of `POST /portfolio/events/orders/{order_id}/decrease`. */
export function decreaseOrderBody(o: DecreaseOrder): string {
  return JSON.stringify({
    reduce_to: formatCount(o.left),
    exchange_index: o.exchangeIndex,
    market_ticker: o.ticker,
  });
}

/** Query of `DELETE /portfolio/events/orders/{order_id}`: without its routing it looks on shard 0 only. */
export function cancelOrderQuery(o: CancelOrder, subaccount = 0): string {
  const own = subaccount === 0 ? '' : `&${subaccountQuery(subaccount)}`;
  return `exchange_index=${o.exchangeIndex}&market_ticker=${encodeURIComponent(o.ticker)}${own}`;
}

/** Query of whatever is done to an order group: without its shard it looks on shard 0 only. */
export function groupQuery(exchangeIndex: number, subaccount: number): string {
  return `exchange_index=${exchangeIndex}${subaccount === 0 ? '' : `&${subaccountQuery(subaccount)}`}`;
}

/** Body of `DELETE /portfolio/events/orders/batched`. */
export function cancelOrdersBody(orders: readonly CancelOrder[], subaccount = 0): string {
  return JSON.stringify({
    orders: orders.map((o) => ({
      order_id: o.orderId,
      exchange_index: o.exchangeIndex,
      market_ticker: o.ticker,
      ...subaccountField(subaccount),
    })),
  });
}

/** `subscribe` to one channel, filtered to `tickers` where given. `use_yes_price` is always explicit for books. */
export function subscribeCommand(id: number, channel: string, tickers: readonly string[]): string {
  const params: Record<string, unknown> = { channels: [channel] };
  if (tickers.length > 0) params['market_tickers'] = tickers;
  if (channel === 'orderbook_delta') params['use_yes_price'] = true;
  return JSON.stringify({ id, cmd: 'subscribe', params });
}

/** `unsubscribe` from one subscription. */
export function unsubscribeCommand(id: number, sid: number): string {
  return JSON.stringify({ id, cmd: 'unsubscribe', params: { sids: [sid] } });
}

/** Ask for fresh snapshots of some markets of a book subscription; they arrive inside its sequence. */
export function snapshotCommand(id: number, sid: number, tickers: readonly string[]): string {
  return JSON.stringify({
    id,
    cmd: 'update_subscription',
    params: { sids: [sid], action: 'get_snapshot', market_tickers: tickers },
  });
}
