export * from './change.ts';
export * from './ledger.ts';
export * from './order.ts';
export * from './orders.ts';
