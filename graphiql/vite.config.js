import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { defineConfig } from "vite";

// Vite lists the licences of the packages in the bundle; the editor also brings notices of what it was made from.
const editorNotices = {
  name: "editor-notices",
  apply: "build",
  generateBundle() {
    const editor = createRequire(import.meta.url).resolve("monaco-editor/package.json");
    const source = readFileSync(new URL("ThirdPartyNotices.txt", `file://${editor}`), "utf8");
    this.emitFile({ type: "asset", fileName: "assets/licenses-of-the-editor.txt", source });
  },
};

export default defineConfig({
  // The server gives the page at /graphql and what the page loads below /graphiql/assets/.
  base: "/graphiql/",
  plugins: [editorNotices],
  build: {
    license: { fileName: "assets/licenses.md" },
    // One editor is most of the size, and it is always needed: there is nothing to split off.
    chunkSizeWarningLimit: 8_000,
    rolldownOptions: {
      // "use client" is for servers that render React; in a bundle for browsers it says nothing.
      onLog(level, log, report) {
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") report(level, log);
      },
    },
  },
  server: {
    proxy: { "/graphql": "http://127.0.0.1:8000" },
  },
});
