export * from './config.ts';
export * from './engine.ts';
export type { EventStatus } from './events.ts';
export * from './inputs.ts';
export type { CommandAnswer } from './operator.ts';
export * from './port.ts';
export type { StopResult } from './shutdown.ts';
export type { BookPicture, EngineStatus, MarketStatusView, SideStatus } from './status.ts';
export type { Vitals } from './vitals.ts';
