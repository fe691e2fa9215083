export * from './capture.ts';
export { type JournalOptions, type JournalStats, JournalWriter } from './writer.ts';
