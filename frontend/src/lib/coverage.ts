/** Which part of a block has been on the screen: sorted, disjoint stretches of 0..1. */
export type Stretch = readonly [from: number, to: number];

/** Two stretches that leave less than this between them count as one: rounding of pixels is not an unread line. */
const SLACK = 0.002;

export function coverageAdd(seen: readonly Stretch[], from: number, to: number): readonly Stretch[] {
  const next: Stretch = [Math.max(0, from), Math.min(1, to)];
  if (next[1] <= next[0]) return seen;
  const merged: [number, number][] = [];
  for (const stretch of [...seen, next].sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last !== undefined && stretch[0] <= last[1] + SLACK) last[1] = Math.max(last[1], stretch[1]);
    else merged.push([stretch[0], stretch[1]]);
  }
  return merged;
}

export function coverageComplete(seen: readonly Stretch[]): boolean {
  const only = seen[0];
  return seen.length === 1 && only !== undefined && only[0] <= SLACK && only[1] >= 1 - SLACK;
}
