/**
 * Which devices a machine may have, found out without starting anything.
 *
 * @module
 */

import { type Device, DEVICES } from "../config.ts";
import { listSupportedBackends } from "../onnx/onnxruntime.ts";

/** The devices that onnxruntime's library for this platform knows; none of them need be there. */
export function knownDevices(): Device[] {
  const names = listSupportedBackends().map(({ name }) => name);
  return DEVICES.filter((device) => names.includes(device));
}

/**
 * The devices that are worth trying on this machine, the most promising first, the processor left out.
 *
 * On Linux the device files of graphics drivers tell; other systems have no such sign, and a GPU more often than not.
 *
 * @param os Name of the operating system, as Deno has it
 * @param devices Those that onnxruntime's library knows
 * @param names Names of the files in `/dev` and `/dev/dri`
 */
export function likelyDevices(
  os: string,
  devices: readonly Device[],
  names: readonly string[],
): Device[] {
  const isThere = (name: RegExp) => os !== "linux" || names.some((each) => name.test(each));
  // Linux within Windows has one device file for whatever GPU there is.
  const signs: [Device, boolean][] = [
    ["cuda", isThere(/^(nvidia\d+|dxg)$/)],
    ["coreml", true],
    ["dml", true],
    ["webgpu", isThere(/^(renderD\d+|nvidia\d+|dxg)$/)],
  ];
  return signs.filter(([device, isLikely]) => isLikely && devices.includes(device))
    .map(([device]) => device);
}

/** Names of the files in `/dev` and `/dev/dri`; none where there are no such folders. */
export function deviceFiles(): string[] {
  return ["/dev", "/dev/dri"].flatMap((folder) => {
    try {
      return [...Deno.readDirSync(folder)].map(({ name }) => name);
    } catch {
      return [];
    }
  });
}
