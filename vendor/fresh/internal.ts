/** What the generated `_fresh/server.js` uses. @module */

export { setBuildCache } from "./app.ts";
export { ProdBuildCache } from "./build_cache.ts";
