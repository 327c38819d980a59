// Times as everything here writes them, `2026-01-01T00:00:00.000000Z`: such texts sort by time.
import { Refused } from "./errors";
import type { Json } from "./json";

const TIME = /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.([0-9]{6})Z$/;

export function timeCheck(value: Json, what: string): string {
  if (typeof value !== "string" || !TIME.test(value)) {
    throw new Refused("time.format", `${what} is not a UTC time with microseconds`);
  }
  return value;
}

/** Microseconds since the epoch: more than a number holds exactly. */
export function timeMoment(value: Json, what: string): bigint {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micro = 0] = (
    TIME.exec(timeCheck(value, what)) ?? []
  )
    .slice(1)
    .map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  // A date that does not exist is taken for a later one.
  const real = year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!real || hour > 23 || minute > 59 || second > 59) {
    throw new Refused("time.value", `${what} is no time of any calendar`);
  }
  date.setUTCHours(hour, minute, second);
  return BigInt(date.getTime()) * 1000n + BigInt(micro);
}
