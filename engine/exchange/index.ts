export { type CapturedFrame, type FeedSurvey, surveyFeed } from './playback.ts';
export { PortInUse } from './server.ts';
export { type ClientKey, World, type WorldOptions } from './world.ts';
