/** What builds an application. @module */

export { Builder, type BuildOptions } from "./builder.ts";
