/**
 * Keeps onnxruntime from reporting to its maker.
 *
 * Since 1.29 its libraries note an identity of the machine in the user's cache folder, and send it to Microsoft with the
 * names and checksums of models and with figures of every session, unless an environment variable forbids it before they are
 * loaded. So {@link ./onnxruntime.ts} imports this module before the library, and is the only module that imports the library.
 *
 * @module
 */

const SWITCH = "ORT_DISABLE_TELEMETRY";

if (Deno.env.get(SWITCH) === undefined) Deno.env.set(SWITCH, "1");
