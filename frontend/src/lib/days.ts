/** The moment at which a day begins here; today has begun, so it begins now. */
export function dayBegins(day: string, now: Date): string | null {
  const begins = new Date(`${day}T00:00`);
  return day === "" || begins.toDateString() === now.toDateString() ? null : begins.toISOString();
}

/** The moment at which a day is over here, also where the clocks change on it. */
export function dayEnds(day: string): string {
  const ends = new Date(`${day}T00:00`);
  ends.setDate(ends.getDate() + 1);
  return ends.toISOString();
}
