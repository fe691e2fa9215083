import { quoteAccepted, quoteCreated, quoteExecuted, rfqMessage } from './communications.ts';
import type { JsonObject } from './fields.ts';
import { Frame, type FrameDetail, type FrameKind } from './frames.ts';
import { eventFeeMessage, eventLifecycleMessage, lifecycleMessage } from './lifecycle.ts';
import { groupMessage, positionMessage, tickerMessage } from './messages.ts';
import { fillRecord, orderRecord } from './records.ts';
import { cfValue, cfValue5hz, indexList, pythValue, underlyingList } from './references.ts';

/** A message type whose meaning lies in its body alone. */
export interface BodyType {
  readonly kind: FrameKind;
  /** @throws WireError | UnitError */
  readonly decode: (body: JsonObject) => FrameDetail;
}

/** By the exchange's word. Book frames, trades and replies need their envelope and are the decoder's own. */
export const BODY_TYPES: ReadonlyMap<string, BodyType> = new Map<string, BodyType>([
  ['ticker', { kind: Frame.Ticker, decode: tickerMessage }],
  ['fill', { kind: Frame.Fill, decode: fillRecord }],
  ['user_order', { kind: Frame.UserOrder, decode: orderRecord }],
  ['market_position', { kind: Frame.Position, decode: positionMessage }],
  ['order_group_updates', { kind: Frame.Group, decode: groupMessage }],
  ['market_lifecycle_v2', { kind: Frame.Lifecycle, decode: lifecycleMessage }],
  ['multivariate_market_lifecycle', { kind: Frame.MultivariateLifecycle, decode: lifecycleMessage }],
  ['event_lifecycle', { kind: Frame.EventLifecycle, decode: eventLifecycleMessage }],
  ['event_fee_update', { kind: Frame.EventFee, decode: eventFeeMessage }],
  ['rfq_created', { kind: Frame.RfqCreated, decode: rfqMessage }],
  ['rfq_deleted', { kind: Frame.RfqDeleted, decode: rfqMessage }],
  ['quote_created', { kind: Frame.QuoteCreated, decode: quoteCreated }],
  ['quote_accepted', { kind: Frame.QuoteAccepted, decode: quoteAccepted }],
  ['quote_executed', { kind: Frame.QuoteExecuted, decode: quoteExecuted }],
  ['cfbenchmarks_value', { kind: Frame.CfValue, decode: cfValue }],
  ['cfbenchmarks_value_5hz', { kind: Frame.CfValue5hz, decode: cfValue5hz }],
  ['pyth_value', { kind: Frame.PythValue, decode: pythValue }],
  ['cfbenchmarks_value_indexlist', { kind: Frame.CfIndexList, decode: indexList }],
  ['cfbenchmarks_value_5hz_indexlist', { kind: Frame.Cf5hzIndexList, decode: indexList }],
  ['pyth_value_underlying_list', { kind: Frame.PythList, decode: underlyingList }],
]);
