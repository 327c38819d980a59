const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });
const whole = new Intl.NumberFormat();
const oneDigit = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export const formatNumber = (value: number): string => whole.format(value);
export const formatTenths = (value: number): string => oneDigit.format(value);
export const formatDateTime = (iso: string): string => dateTime.format(new Date(iso));
export const formatExact = (iso: string): string => exact.format(new Date(iso));

/** "3 min. ago", "in 2 days": the largest unit that says something. */
export function formatRelative(iso: string, now: number): string {
  const distance = new Date(iso).getTime() - now;
  const size = Math.abs(distance);
  if (size < MINUTE) return relative.format(0, "minute");
  if (size < HOUR) return relative.format(Math.trunc(distance / MINUTE), "minute");
  if (size < DAY) return relative.format(Math.trunc(distance / HOUR), "hour");
  return relative.format(Math.trunc(distance / DAY), "day");
}

/** Time left as two units, e.g. "6 d 23 h"; null when there is none left. */
export function formatLeft(iso: string, now: number): string | null {
  const left = new Date(iso).getTime() - now;
  if (left <= 0) return null;
  if (left < HOUR) return `${Math.floor(left / MINUTE)} min ${Math.floor((left % MINUTE) / 1000)} s`;
  if (left < DAY) return `${Math.floor(left / HOUR)} h ${Math.floor((left % HOUR) / MINUTE)} min`;
  return `${Math.floor(left / DAY)} d ${Math.floor((left % DAY) / HOUR)} h`;
}

export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${whole.format(milliseconds)} ms`;
  if (milliseconds < MINUTE) return `${oneDigit.format(milliseconds / 1000)} s`;
  return `${Math.floor(milliseconds / MINUTE)} min ${Math.floor((milliseconds % MINUTE) / 1000)} s`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${whole.format(bytes)} B`;
  if (bytes < 1024 * 1024) return `${oneDigit.format(bytes / 1024)} KiB`;
  return `${oneDigit.format(bytes / 1024 / 1024)} MiB`;
}

export const plural = (count: number, one: string, many: string): string =>
  `${whole.format(count)} ${count === 1 ? one : many}`;

const ABBREVIATIONS = /\b(?:cab|ci|io|sbom)\b/gi;

export const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** "sbom_vulnerability" as words: machine names stay recognisable, only the underscores go. */
export const words = (name: string): string =>
  sentence(name.replaceAll("_", " ").replace(ABBREVIATIONS, (short) => short.toUpperCase()));
