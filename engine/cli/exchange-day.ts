/** Kalshi's day is New York's. */
const EASTERN = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/New_York',
  hourCycle: 'h23',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

function sinceMidnight(seconds: number): number {
  const parts = new Map(EASTERN.formatToParts(seconds * 1000).map(({ type, value }) => [type, Number(value)]));
  return parts.get('hour')! * 3600 + parts.get('minute')! * 60 + parts.get('second')!;
}

/** When the exchange's day began that holds this moment; Unix seconds. Days of 23 and 25 hours begin at midnight too. */
export function exchangeDayStart(seconds: number): number {
  const now = Math.floor(seconds);
  const guess = now - sinceMidnight(now);
  // Over a change of the clocks the guess is an hour off, to one side or the other.
  const off = sinceMidnight(guess);
  return off === 0 ? guess : off < 43_200 ? guess - off : guess + 86_400 - off;
}
