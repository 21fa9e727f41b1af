export * from "./client.js";
export type * from "./envelope.js";
export * from "./errors.js";
export { beside, Names, type NameSettings } from "./names.js";
export type * from "./wire.js";
