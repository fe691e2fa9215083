export { type FaultPlan, FaultPlanError, faultPlan } from './faults/plan.ts';
export { NoLegacyForm } from './legacy.ts';
export { EXCHANGE_RULES, type ExchangeRules } from './rules.ts';
export { PortInUse } from './server.ts';
export { StateError } from './store.ts';
export { type CapturedFrame, type FeedSurvey, surveyFeed } from './survey.ts';
export { isPresetName, PRESETS, type PresetName } from './synthetic/presets.ts';
export { type ClientKey, World, type WorldOptions } from './world.ts';
