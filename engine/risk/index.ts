export * from './groups.ts';
export * from './halts.ts';
export * from './limits.ts';
