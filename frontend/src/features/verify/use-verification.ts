import { useCallback, useEffect, useRef, useState } from "react";

import type { Check, ReportData } from "@/verifier";

import type { Asked, Begin } from "./protocol";

export type Verification =
  | { readonly state: "idle" }
  | { readonly state: "running"; readonly checks: readonly Check[]; readonly progress: readonly [done: number, all: number] | null }
  | { readonly state: "stopped" }
  | { readonly state: "done"; readonly report: ReportData }
  | { readonly state: "impossible"; readonly title: string; readonly why: string };

/** One verification at a time; the one before is given up when another begins or the page is left. */
export function useVerification(begin: Begin) {
  const [verification, setVerification] = useState<Verification>({ state: "idle" });
  const end = useRef<() => void>(() => undefined);
  useEffect(() => () => {
    end.current();
  }, []);

  const start = useCallback(
    (asked: Asked) => {
      end.current();
      setVerification({ state: "running", checks: [], progress: null });
      end.current = begin(asked, (answer) => {
        setVerification((before) => {
          if (answer.type === "report") return { state: "done", report: answer.report };
          if (answer.type === "impossible") return { state: "impossible", title: answer.title, why: answer.why };
          if (before.state !== "running") return before;
          if (answer.type === "check") return { ...before, checks: [...before.checks, answer.check], progress: null };
          return { ...before, progress: [answer.done, answer.all] };
        });
      });
    },
    [begin],
  );
  const leave = useCallback((state: "idle" | "stopped") => {
    end.current();
    setVerification({ state });
  }, []);
  return { verification, start, leave };
}
