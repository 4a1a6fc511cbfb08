/**
 * Keeps onnxruntime from reporting to its maker.
 *
 * Since 1.29 its libraries note an identity of the machine in the user's cache folder, and send it to Microsoft with the
 * names and checksums of models and with figures of every session, unless a variable says no before they are loaded. So
 * this module stands before the library in {@link ./onnxruntime.ts}, through which alone it is imported.
 *
 * @module
 */

const SWITCH = "ORT_DISABLE_TELEMETRY";

if (Deno.env.get(SWITCH) === undefined) Deno.env.set(SWITCH, "1");
