/**
 * Takes the one-time token out of the address. The fragment goes from the address and the history before anything is
 * sent: it never reaches a server log, and reloading the page does not post it again.
 */
export function takeFragmentToken(): string | null {
  const token = new URLSearchParams(window.location.hash.slice(1)).get("token");
  if (token === null) return null;
  window.history.replaceState(window.history.state, "", window.location.pathname + window.location.search);
  return token === "" ? null : token;
}

/** Whether a place belongs to this app; the console does not: the browser has to load it. */
export function insideApp(next: string): boolean {
  return !next.startsWith("/console/") && !next.startsWith("/api/");
}

/** Where to go after signing in: only a place within this app. */
export function safeNext(next: string | undefined): string {
  const inside = next !== undefined && /^\/(?![/\\])/.test(next) && !next.startsWith("/login");
  return inside ? next : "/inbox";
}
