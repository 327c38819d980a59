import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const src = fileURLToPath(new URL("./src", import.meta.url));

export default defineConfig({
  // Django serves the bundle as static files under this prefix and index.html from a view.
  base: "/static/ui/",
  plugins: [react()],
  resolve: { alias: { "@": src } },
  // Every script, style and preload tag carries this placeholder; the view puts the nonce of the request there.
  html: { cspNonce: "__CSP_NONCE__" },
  worker: { format: "es" },
  build: {
    outDir: "dist",
    target: "es2023",
    manifest: "manifest.json",
    modulePreload: { polyfill: false },
    // What libraries would print is dropped: the app's log is src/lib/logger.ts.
    rolldownOptions: { output: { minify: { compress: { dropConsole: true } } } },
    // Assets stay files: a data: address would need a wider content security policy.
    assetsInlineLimit: 0,
  },
  server: {
    proxy: { "/api": { target: "http://127.0.0.1:8000", changeOrigin: false } },
  },
  test: {
    environment: "jsdom",
    setupFiles: ["src/lib/test-setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
    // The test of the colour tokens reads them.
    css: { include: [/tokens\.css/] },
  },
});
