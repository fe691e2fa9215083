import { type IndexValue, parseIndexValue, type TimeUs } from '../units/index.ts';
import {
  absent,
  asObject,
  converted,
  type JsonObject,
  millisTime,
  naturalOrNull,
  optionalText,
  text,
  texts,
  wrong,
} from './fields.ts';

/** The mean of an index over a window of time. */
export interface IndexAverage {
  readonly value: IndexValue;
  /** Ticks in the window. */
  readonly ticks: number;
  readonly start: TimeUs;
  /** Not in the window itself. */
  readonly end: TimeUs;
}

/** A value of a reference index (`cfbenchmarks_value`, `cfbenchmarks_value_5hz`, `pyth_value`). */
export interface IndexMessage {
  /** `BRTI`, `ETHUSD_RTI`, ...; the underlying's ticker for Pyth. */
  readonly indexId: string;
  /** Null where the provider's own frame carries no value. */
  readonly value: IndexValue | null;
  /** When the provider made it, 0 where not said. */
  readonly sourceTime: TimeUs;
  /** When Kalshi received it, 0 where not said. */
  readonly receivedTime: TimeUs;
  /** Mean of the last 60 s. */
  readonly average60s: IndexAverage | null;
  /** Mean so far of the minute before a quarter hour, which 15-minute markets settle on; null outside that minute. */
  readonly quarterHourAverage: IndexAverage | null;
  /** The provider's own frame as text, '' where not passed on. */
  readonly raw: string;
}

/** Indices (or underlyings) that can be subscribed to. */
export interface IndexListMessage {
  readonly ids: readonly string[];
}

/** Body of `cfbenchmarks_value`: the value itself lies in the provider's frame, which comes as text. @throws WireError */
export function cfValue(o: JsonObject): IndexMessage {
  const raw = optionalText(o, 'data');
  const inner = raw === '' ? null : providerFrame(raw);
  return {
    indexId: text(o, 'index_id'),
    value: inner === null || absent(inner, 'value') ? null : indexValue(inner, 'value'),
    sourceTime: inner === null ? (0 as TimeUs) : millisTime(inner, 'time'),
    receivedTime: millisTime(o, 'received_at'),
    average60s: average(o, 'avg_60s_data'),
    quarterHourAverage: average(o, 'last_60s_windowed_average_15min'),
    raw,
  };
}

/** Body of `cfbenchmarks_value_5hz`. @throws WireError */
export function cfValue5hz(o: JsonObject): IndexMessage {
  return streamed(o, 'index_id');
}

/** Body of `pyth_value`. @throws WireError */
export function pythValue(o: JsonObject): IndexMessage {
  return streamed(o, 'underlying_ticker');
}

function streamed(o: JsonObject, id: string): IndexMessage {
  return {
    indexId: text(o, id),
    value: indexValue(o, 'value_usd'),
    sourceTime: millisTime(o, 'source_ts_ms'),
    receivedTime: millisTime(o, 'received_at'),
    average60s: null,
    quarterHourAverage: null,
    raw: optionalText(o, 'data'),
  };
}

/** Body of the replies to `indexlist`. @throws WireError */
export function indexList(o: JsonObject): IndexListMessage {
  if (absent(o, 'index_ids')) throw wrong('index_ids', o['index_ids'], 'a list');
  return { ids: texts(o, 'index_ids') };
}

/** Body of the reply to `underlying_list`. @throws WireError */
export function underlyingList(o: JsonObject): IndexListMessage {
  if (absent(o, 'underlying_tickers')) throw wrong('underlying_tickers', o['underlying_tickers'], 'a list');
  return { ids: texts(o, 'underlying_tickers') };
}

function average(o: JsonObject, field: string): IndexAverage | null {
  if (absent(o, field)) return null;
  const a = asObject(o[field], field);
  return {
    value: indexValue(a, 'value'),
    ticks: naturalOrNull(a, 'window_size') ?? 0,
    start: millisTime(a, 'window_start_ts_ms'),
    end: millisTime(a, 'window_end_ts_exclusive'),
  };
}

function indexValue(o: JsonObject, field: string): IndexValue {
  return converted(o, field, parseIndexValue);
}

/** Characters of a provider's frame read at most: it is text within a frame, so nobody has looked how deep it nests. */
const MOST_PROVIDER_CHARS = 65_536;

function providerFrame(raw: string): JsonObject {
  if (raw.length > MOST_PROVIDER_CHARS) throw wrong('data', raw, `at most ${MOST_PROVIDER_CHARS} characters`);
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch {
    throw wrong('data', raw, 'JSON text');
  }
  return asObject(value, 'data');
}
