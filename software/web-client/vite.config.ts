import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** Languages of the component library's own words ("Calendar", "Close") that are shipped. */
const languages = ["en-US"];

/** Leaves the library's other thirty languages out of the bundle: some 40 KB of the first load. */
function onlyLanguages(kept: readonly string[]): Plugin {
  const locale = /\/intl\/.*\/([a-z]{2}-[A-Z]{2})\.mjs$/;
  return {
    name: "only-languages",
    enforce: "pre",
    load(id) {
      const language = locale.exec(id)?.[1];
      return language && id.includes("/react-") && !kept.includes(language) ? "export default {};" : null;
    },
  };
}

/**
 * Builds the browser half: hashed files under `/assets`, `index.html` for every address under `/web`.
 * The server replaces `__CSP_NONCE__` by the nonce of each response. Nothing is inlined: the policy
 * allows no `data:` scripts or styles.
 */
export default defineConfig({
  plugins: [react(), onlyLanguages(languages)],
  html: { cspNonce: "__CSP_NONCE__" },
  build: {
    manifest: true,
    target: "esnext",
    cssTarget: "esnext",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    reportCompressedSize: false,
  },
});
