import { QueryClient } from "@tanstack/react-query";
import { expect, it } from "vitest";

import { createAppRouter } from "./router";

it.each([
  ["/queue?project=2024", { project: "2024" }],
  ["/queue?project=1e3", { project: "1e3" }],
  ["/audit?subject_id=007&type=true", { subject_id: "007", type: "true" }],
  ["/inbox?tab=decided", { tab: "decided" }],
])("what is searched for at %s is text, and stays as it is written", (address, search) => {
  const router = createAppRouter(new QueryClient());
  const [to = "", written = ""] = address.split("?");
  expect(router.matchRoutes(to, router.options.parseSearch(`?${written}`)).at(-1)?.search).toEqual(search);
  expect(router.buildLocation({ to, search } as never).href).toBe(address);
});
