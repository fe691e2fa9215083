export * from './action-value.ts';
export * from './budget.ts';
export * from './event-view.ts';
export * from './reason.ts';
export * from './reconcile.ts';
export * from './scheduler.ts';
export * from './strategy.ts';
export * from './view.ts';
