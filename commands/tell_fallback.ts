import type { DeviceChoice } from "../lib/devices/choose_device.ts";

/** Tells on standard error, in one line, that the device that was asked for is not used, and why. */
export async function tellFallback(
  { device: choice }: { device: DeviceChoice | undefined },
): Promise<void> {
  if (choice === undefined || choice.wanted === "auto" || choice.wanted === choice.device) return;
  await Deno.stderr.write(new TextEncoder().encode(`livesyte: ${choice.message}\n`));
}
