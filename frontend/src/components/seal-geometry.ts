import { digestHex } from "@/lib/digest";

/**
 * The seal of a digest: a scalloped medal around a rosette. Colour, number of lobes, order of symmetry and cells all
 * come from the first bytes of the digest, so that two packs that differ in anything are seen to differ.
 */
export interface SealGeometry {
  hue: number;
  rim: string;
  cells: readonly string[];
}

const CENTRE = 50;
/** Inner and outer radius of each ring, and about how many cells go round it. */
const RINGS = [
  { inner: 0, outer: 11, round: 8 },
  { inner: 14, outer: 24, round: 16 },
  { inner: 27.5, outer: 38, round: 24 },
] as const;
const HUES = 12;

const round = (value: number): string => value.toFixed(2).replace(/\.?0+$/, "");

function point(radius: number, angle: number): string {
  return `${round(CENTRE + radius * Math.sin(angle))} ${round(CENTRE - radius * Math.cos(angle))}`;
}

function cell(inner: number, outer: number, from: number, to: number): string {
  return (
    `M${point(inner, from)}L${point(outer, from)}A${outer} ${outer} 0 0 1 ${point(outer, to)}` +
    `L${point(inner, to)}A${inner} ${inner} 0 0 0 ${point(inner, from)}Z`
  );
}

function scallops(lobes: number): string {
  const steps = lobes * 10;
  const points = Array.from({ length: steps }, (_, step) => {
    const angle = (2 * Math.PI * step) / steps;
    return point(45.5 + 2.5 * Math.cos(lobes * angle), angle);
  });
  return `M${points.join("L")}Z`;
}

export function sealGeometry(digest: string): SealGeometry {
  const hex = digestHex(digest);
  const byte = (at: number): number => parseInt(hex.slice(2 * at, 2 * at + 2), 16) || 0;
  const order = 3 + (byte(2) % 5);
  const cells: string[] = [];
  RINGS.forEach(({ inner, outer, round: about }, ring) => {
    const each = Math.max(2, Math.round(about / order));
    const width = (2 * Math.PI) / (each * order);
    const bits = byte(3 + ring);
    for (let from = 0; from < each * order; from += 1) {
      const drawn = (position: number): boolean => ((bits >> (position % each)) & 1) === 1;
      if (!drawn(from) || (from % each > 0 && drawn(from - 1))) continue;
      let to = from + 1;
      while (to % each > 0 && drawn(to)) to += 1;
      cells.push(cell(inner, outer, from * width, to * width));
    }
  });
  return { hue: (byte(0) % HUES) * (360 / HUES), rim: scallops(9 + (byte(1) % 8)), cells };
}
