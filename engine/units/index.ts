export * from './count.ts';
export * from './decimal.ts';
export * from './error.ts';
export * from './index-value.ts';
export * from './money.ts';
export * from './price.ts';
export * from './side.ts';
export * from './time.ts';
