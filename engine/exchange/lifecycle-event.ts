/** A message of the `market_lifecycle_v2` channel (API 3.12): its type, its body as the wire has it, and its market's event. */
export interface LifecycleEvent {
  readonly type: 'market_lifecycle_v2' | 'event_lifecycle' | 'event_fee_update';
  readonly msg: Readonly<Record<string, unknown>>;
}
