type Json = Readonly<Record<string, unknown>>;

/** Fields that the exchange has stopped sending since the bodies were recorded in June 2026, and when. */
const GONE: Readonly<Record<string, string>> = {
  service: '2026-08-06',
  resting_orders_count: '2026-07-09',
  fractional_trading_enabled: '2026-07-09',
  response_price_units: '2026-07-09',
  liquidity_dollars: '2026-10-01',
};

/** Fields it has begun to send since. */
const ADDED: Readonly<Record<string, string>> = {
  exchange_index: '2026-07-02 on, with the shards',
  exchange_index_statuses: '2026-07-02',
  intra_exchange_transfers_active: '2026-07-02',
};

/** Fields that only some markets have, by what they are about: none of ours. */
const SOME = new Set([
  'custom_strike',
  'early_close_condition',
  'occurrence_datetime',
  'strike_type',
  'floor_strike',
  'cap_strike',
  'subtitle',
  'primary_participant_key',
  'is_provisional',
  'mve_collection_ticker',
  'mve_selected_legs',
  'settlement_ts',
  'settlement_value_dollars',
]);

const FORMS: readonly (readonly [name: string, form: RegExp])[] = [
  ['a UUID', /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/],
  ['a moment', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,5}[1-9])?Z$/],
  ['two decimals', /^-?\d+\.\d{2}$/],
  ['four decimals', /^-?\d+\.\d{4}$/],
  ['six decimals', /^-?\d+\.\d{6}$/],
];

/** Ids that are UUIDs there and names here, since tests choose their users' and orders' names. */
const NAMES = new Set(['user_id', 'client_order_id', 'creator_user_id', 'rfq_creator_user_id']);

const typeOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value);

/** In what the shape of `ours` differs from a recorded body's, one line each: keys, types, the form of strings. */
export function differences(recorded: unknown, ours: unknown, path = 'body'): string[] {
  const [wanted, found] = [typeOf(recorded), typeOf(ours)];
  if (wanted !== found) return [`${path}: ${found}, recorded ${wanted}`];
  if (Array.isArray(recorded)) {
    const [first] = ours as unknown[];
    return recorded.length === 0 || first === undefined ? [] : differences(recorded[0], first, `${path}[]`);
  }
  if (wanted === 'string') {
    const form = FORMS.find(([, pattern]) => pattern.test(recorded as string));
    if (form === undefined || NAMES.has(path.split('.').at(-1)!) || form[1].test(ours as string)) return [];
    return [`${path}: ${String(ours)} is not ${form[0]}`];
  }
  if (wanted !== 'object' || wanted === null) return [];
  const [there, here] = [recorded as Json, ours as Json];
  const absent = Object.keys(there).filter((key) => !(key in here) && !(key in GONE) && !SOME.has(key));
  const extra = Object.keys(here).filter((key) => !(key in there) && !(key in ADDED) && !SOME.has(key));
  const both = Object.keys(there).filter((key) => key in here);
  return [
    ...absent.map((key) => `${path}.${key}: absent`),
    ...extra.map((key) => `${path}.${key}: not in the recording`),
    ...Object.keys(here).flatMap((key) => (key in GONE ? [`${path}.${key}: gone since ${GONE[key]}`] : [])),
    ...both.flatMap((key) => differences(there[key], here[key], `${path}.${key}`)),
  ];
}

/** An error body without what the exchange no longer sends. */
export function withoutService(body: unknown): unknown {
  const { error, ...rest } = body as { error?: Json };
  if (error === undefined) return rest;
  return { ...rest, error: Object.fromEntries(Object.entries(error).filter(([key]) => !(key in GONE))) };
}
