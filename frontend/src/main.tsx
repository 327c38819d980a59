import "@/app/mantine.css";
import "@/app/tokens.css";

import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { createQueryClient } from "@/app/query-client";
import { createAppRouter } from "@/app/router";
import { pageNonce, schemeManager, theme } from "@/app/theme";
import { logger } from "@/lib/logger";
import { asProblem } from "@/lib/problem";

window.addEventListener("error", (event) => {
  logger.error(event.message);
});
window.addEventListener("unhandledrejection", (event) => {
  logger.error(String(event.reason));
});

const queryClient = createQueryClient(() => {
  const { href, pathname } = router.latestLocation;
  if (pathname !== "/login") void router.navigate({ to: "/login", search: { next: href }, replace: true });
});
const router = createAppRouter(queryClient);
const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

/** React would write to the console; the log keeps it where an error page can show it. */
const report = (error: unknown): void => {
  const problem = asProblem(error);
  logger.error(`${problem.code}: ${problem.message}`, problem.correlationId);
};

createRoot(root, { onCaughtError: report, onUncaughtError: report, onRecoverableError: report }).render(
  <StrictMode>
    <MantineProvider theme={theme} colorSchemeManager={schemeManager} defaultColorScheme="auto" getStyleNonce={pageNonce}>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
