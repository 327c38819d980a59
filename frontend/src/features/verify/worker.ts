// The verifier, apart from the page: a long log must not keep the page from drawing.
import { judge } from "./judge";
import type { Asked } from "./protocol";

self.addEventListener("message", (event: MessageEvent<Asked>) => {
  void judge(event.data, (answer) => {
    self.postMessage(answer);
  });
});
