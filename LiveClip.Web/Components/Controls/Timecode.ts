import { TICKS_PER_SECOND } from './ShownPicture';

const pad = (value: number, digits = 2): string => String(value).padStart(digits, '0');

/** Elapsed time on the recording's timeline: 01:42:10.360. */
export function elapsed(ticks: number): string {
  const ms = Math.max(0, Math.round((ticks * 1000) / TICKS_PER_SECOND));
  return `${hoursMinutesSeconds(Math.floor(ms / 1000))}.${pad(ms % 1000, 3)}`;
}

/** Without the milliseconds, and without hours while there are none: 42:10. */
export function elapsedShort(ticks: number): string {
  const seconds = Math.max(0, Math.floor(ticks / TICKS_PER_SECOND));
  return seconds < 3600 ? `${pad(Math.floor(seconds / 60))}:${pad(seconds % 60)}` : hoursMinutesSeconds(seconds);
}

/** A length: 12.400 s or 1:02.400. */
export function length(ticks: number): string {
  const ms = Math.max(0, Math.round((ticks * 1000) / TICKS_PER_SECOND));
  const [minutes, rest] = [Math.floor(ms / 60_000), ms % 60_000];
  const seconds = `${pad(Math.floor(rest / 1000), minutes > 0 ? 2 : 1)}.${pad(rest % 1000, 3)}`;
  return minutes > 0 ? `${minutes}:${seconds}` : `${seconds} s`;
}

/** Local time of day: 19:42:10. */
export function timeOfDay(milliseconds: number): string {
  const date = new Date(milliseconds);
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

function hoursMinutesSeconds(seconds: number): string {
  return `${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
}
