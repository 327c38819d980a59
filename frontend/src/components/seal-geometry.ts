import { digestHex } from "@/lib/digest";

/**
 * The seal of a digest: a scalloped medal with a mirrored mosaic. Colour, number of lobes and 32 cells all come from
 * the first bytes of the digest, so that two packs that differ in anything are seen to differ.
 */
export interface SealGeometry {
  hue: number;
  rim: string;
  cells: readonly string[];
}

const CENTRE = 50;
/** Inner and outer radius of each ring of cells, and how many cells half a ring has. */
const RINGS = [
  { inner: 7, outer: 17, half: 4 },
  { inner: 18.5, outer: 27.5, half: 6 },
  { inner: 29, outer: 38, half: 8 },
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
  const cells: string[] = [];
  RINGS.forEach(({ inner, outer, half }, ring) => {
    const bits = byte(2 + ring);
    const width = Math.PI / half;
    const gap = 1.2 / outer;
    for (let position = 0; position < half; position += 1) {
      if (((bits >> position) & 1) === 0) continue;
      const from = position * width + gap / 2;
      const to = (position + 1) * width - gap / 2;
      cells.push(cell(inner, outer, from, to), cell(inner, outer, -to, -from));
    }
  });
  return { hue: (byte(0) % HUES) * (360 / HUES), rim: scallops(9 + (byte(1) % 8)), cells };
}
