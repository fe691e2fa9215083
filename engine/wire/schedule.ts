import type { TimeUs } from '../units/index.ts';
import { asArray, asObject, type JsonObject, optionalText, text, textTime, wrong } from './fields.ts';

/** A trading session of a day, minutes after midnight Eastern Time. An end of 0 or before the start is next day's. */
export interface DailySession {
  readonly openMinute: number;
  readonly closeMinute: number;
}

/** The hours of a week and when they are in force. */
export interface WeeklyHours {
  readonly start: TimeUs;
  readonly end: TimeUs;
  /** By day, Monday first. */
  readonly days: readonly (readonly DailySession[])[];
}

/** A time in which the exchange may be away. */
export interface MaintenanceWindow {
  readonly start: TimeUs;
  readonly end: TimeUs;
}

export interface ExchangeSchedule {
  readonly weeks: readonly WeeklyHours[];
  readonly maintenance: readonly MaintenanceWindow[];
}

/** The last year that microseconds are exact in from beginning to end. */
const LAST_YEAR = 2254;
const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

/** `GET /exchange/schedule`. @throws WireError */
export function scheduleBody(value: unknown): ExchangeSchedule {
  const o = asObject(asObject(value, 'body')['schedule'], 'schedule');
  return {
    weeks: asArray(o['standard_hours'] ?? [], 'standard_hours').map(weeklyHours),
    maintenance: asArray(o['maintenance_windows'] ?? [], 'maintenance_windows').map(maintenance),
  };
}

function weeklyHours(value: unknown): WeeklyHours {
  const o = asObject(value, 'standard_hours[]');
  const days = DAYS.map((day) => asArray(o[day] ?? [], day).map((entry) => session(asObject(entry, `${day}[]`))));
  return { start: textTime(o, 'start_time'), end: endTime(o, 'end_time'), days };
}

/** Hours without an end are given one in a year to come, which may lie beyond what a moment can be. */
function endTime(o: JsonObject, field: string): TimeUs {
  const written = optionalText(o, field);
  if (!(Number(written.slice(0, 4)) > LAST_YEAR)) return textTime(o, field);
  textTime({ [field]: `2000${written.slice(4)}` }, field);
  return Number.MAX_SAFE_INTEGER as TimeUs;
}

function session(o: JsonObject): DailySession {
  return { openMinute: minuteOf(o, 'open_time'), closeMinute: minuteOf(o, 'close_time') };
}

/** `HH:MM` with or without seconds, 24:00 included. */
function minuteOf(o: JsonObject, field: string): number {
  const written = text(o, field);
  const match = /^(\d{2}):(\d{2})(?::\d{2})?$/.exec(written);
  const minute = match === null ? -1 : Number(match[1]) * 60 + Number(match[2]);
  if (minute < 0 || minute > 24 * 60 || Number(match![2]) > 59) throw wrong(field, written, 'a time of day HH:MM');
  return minute;
}

function maintenance(value: unknown): MaintenanceWindow {
  const o = asObject(value, 'maintenance_windows[]');
  text(o, 'start_datetime');
  text(o, 'end_datetime');
  const window = { start: textTime(o, 'start_datetime'), end: textTime(o, 'end_datetime') };
  if (window.end < window.start) throw wrong('end_datetime', o['end_datetime'], 'a time after start_datetime');
  return window;
}
