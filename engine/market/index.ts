export * from './book.ts';
export * from './depth.ts';
export * from './event-shape.ts';
export * from './events.ts';
export * from './fees.ts';
export * from './grid.ts';
export * from './market.ts';
export * from './strike.ts';
