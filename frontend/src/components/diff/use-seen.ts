import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import { coverageAdd, coverageComplete, type Stretch } from "@/lib/coverage";

/** What the sticky bars cover does not count as seen. */
const TOP_INSET = 0;

export interface Seen {
  seen: ReadonlySet<string>;
  /** Hand this to every unit's element. */
  observe: (unit: string, element: Element | null) => void;
  /** Scrolls to the first place that has not been on the screen, or backwards to the unit above the view. */
  showNext: () => void;
  showPrevious: () => void;
}

/** Follows which units (hunks) have been on the screen in full, in one piece or bit by bit. */
export function useSeen(units: readonly string[]): Seen {
  const [seen, setSeen] = useState<ReadonlySet<string>>(() => new Set());
  const elements = useRef(new Map<string, Element>());
  const stretches = useRef(new Map<string, readonly Stretch[]>());

  useEffect(() => {
    let frame = 0;
    const look = () => {
      frame = 0;
      if (document.visibilityState !== "visible") return;
      const done: string[] = [];
      for (const [unit, element] of elements.current) {
        const before = stretches.current.get(unit) ?? [];
        if (coverageComplete(before)) continue;
        const { top, height } = element.getBoundingClientRect();
        if (height === 0) continue;
        const after = coverageAdd(before, (TOP_INSET - top) / height, (window.innerHeight - top) / height);
        stretches.current.set(unit, after);
        if (coverageComplete(after)) done.push(unit);
      }
      if (done.length > 0) setSeen((known) => new Set([...known, ...done]));
    };
    const schedule = () => {
      if (frame === 0) frame = window.requestAnimationFrame(look);
    };
    schedule();
    window.addEventListener("scroll", schedule, { passive: true });
    window.addEventListener("resize", schedule);
    document.addEventListener("visibilitychange", schedule);
    document.addEventListener("toggle", schedule, true);
    return () => {
      window.cancelAnimationFrame(frame);
      window.removeEventListener("scroll", schedule);
      window.removeEventListener("resize", schedule);
      document.removeEventListener("visibilitychange", schedule);
      document.removeEventListener("toggle", schedule, true);
    };
  }, [units]);

  const observe = useCallback((unit: string, element: Element | null) => {
    if (element === null) elements.current.delete(unit);
    else elements.current.set(unit, element);
  }, []);

  const showNext = useCallback(() => {
    const unit = units.find((name) => !coverageComplete(stretches.current.get(name) ?? []));
    const element = unit === undefined ? undefined : elements.current.get(unit);
    if (unit === undefined || element === undefined) return;
    const first = stretches.current.get(unit)?.[0];
    const { top, height } = element.getBoundingClientRect();
    // Where the part seen from the top ends; a unit not begun is shown from its head.
    const gap = first !== undefined && first[0] <= 0.002 ? first[1] * height : 0;
    window.scrollBy({ top: top + gap - (gap === 0 ? 64 : 40), behavior: "instant" });
  }, [units]);

  const showPrevious = useCallback(() => {
    const above = units.filter((unit) => (elements.current.get(unit)?.getBoundingClientRect().top ?? 0) < 40).at(-1);
    const element = above === undefined ? undefined : elements.current.get(above);
    if (element !== undefined) window.scrollBy({ top: element.getBoundingClientRect().top - 64, behavior: "instant" });
  }, [units]);

  return useMemo(() => ({ seen, observe, showNext, showPrevious }), [seen, observe, showNext, showPrevious]);
}
