import { createHash } from "node:crypto";

import { defineConfig } from "vite";
import { viteSingleFile } from "vite-plugin-singlefile";

const PLACE = "{{csp}}";

/** What the page may do: run its own script, wear its own style, both by their hashes. */
function policy(html) {
  const hashes = (pattern) =>
    [...html.matchAll(pattern)].map(
      ([, text]) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`,
    );
  const scripts = hashes(/<script type="module"[^>]*>([^]*?)<\/script>/g);
  const styles = hashes(/<style[^>]*>([^]*?)<\/style>/g);
  if (scripts.length !== 1 || styles.length !== 1) throw new Error("one script and one style");
  return [
    "default-src 'none'",
    `script-src ${scripts}`,
    `style-src ${styles}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
  ].join("; ");
}

export default defineConfig({
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: { target: "es2022", modulePreload: { polyfill: false }, chunkSizeWarningLimit: 400 },
  plugins: [
    viteSingleFile(),
    {
      name: "policy",
      enforce: "post",
      // When everything else is done: hashes are of what stands in the file.
      generateBundle: {
        order: "post",
        handler(_, bundle) {
          for (const file of Object.values(bundle)) {
            if (file.fileName !== "index.html") continue;
            file.source = file.source.replace(PLACE, policy(file.source));
            file.fileName = "page.html";
          }
        },
      },
    },
  ],
});
