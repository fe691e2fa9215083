export * from './book.ts';
export * from './fees.ts';
export * from './grid.ts';
export * from './market.ts';
