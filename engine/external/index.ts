export type { Reading } from './gate.ts';
export type { SourceSettings, ValueRule } from './settings.ts';
export { type SourceOptions, type SourceStatus, Sources } from './sources.ts';
