export * from './commands.ts';
export * from './decode.ts';
export * from './error.ts';
export * from './failure.ts';
export * from './frames.ts';
export * from './records.ts';
export * from './rest.ts';
export * from './tickers.ts';
