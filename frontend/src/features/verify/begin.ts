import type { Answer, Begin } from "./protocol";
import { STRINGS } from "./strings";

/** Verify in a worker of its own, which ends with the verification. */
export const begin: Begin = (asked, answered) => {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  worker.addEventListener("message", (event: MessageEvent<Answer>) => {
    answered(event.data);
    if (event.data.type === "report" || event.data.type === "impossible") worker.terminate();
  });
  worker.addEventListener("error", (event) => {
    answered({ type: "impossible", title: STRINGS.fault, why: event.message || STRINGS.faultUnknown });
    worker.terminate();
  });
  worker.postMessage(asked);
  return () => {
    worker.terminate();
  };
};
