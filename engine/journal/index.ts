export * from './capture.ts';
export { type JournalStats, JournalWriter } from './writer.ts';
