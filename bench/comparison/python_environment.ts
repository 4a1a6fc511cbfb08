/**
 * Python with the packages that livesyte is compared with, installed once and kept.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { reasonOf } from "../../lib/user_error.ts";
import { PeerError } from "./peer_answers.ts";

const REQUIREMENTS = {
  detectors: { file: "requirements-detectors.txt", size: "3 GB to fetch, 6 GB of disk" },
  text: { file: "requirements-text.txt", size: "100 MB to fetch, 400 MB of disk" },
};

/** Packages that are installed together: those that find objects, or those that read text. */
export type PeerPackages = keyof typeof REQUIREMENTS;

const PYTHON = Deno.build.os === "windows" ? "python" : "python3";

/** Written when an environment is complete. */
const COMPLETE = "complete";

/**
 * The path of a Python that has the packages, which pip installs where they are not there yet.
 *
 * @throws {PeerError} If there is no Python, or the packages cannot be installed; the message says what would help
 */
export async function pythonWith(packages: PeerPackages): Promise<string> {
  const { file, size } = REQUIREMENTS[packages];
  const requirements = fileURLToPath(new URL(`../peers/${file}`, import.meta.url));
  const version = await pythonVersion();
  const hash = createHash("sha256").update(version).update(await Deno.readFile(requirements));
  const folder = join(cacheFolder(), "livesyte", `${packages}-${hash.digest("hex").slice(0, 12)}`);
  const [programs, suffix] = Deno.build.os === "windows" ? ["Scripts", ".exe"] : ["bin", ""];
  const python = join(folder, programs, `python${suffix}`);
  if (await Deno.stat(join(folder, COMPLETE)).then(() => true, () => false)) return python;
  tell(`Installing the packages of bench/peers/${file} into ${folder} (${size})\n`);
  await run(PYTHON, ["-m", "venv", "--clear", folder], {
    failing: `Cannot make a Python environment in ${folder}`,
    remedy: "on Debian and Ubuntu, install python3-venv",
  });
  await run(python, ["-m", "pip", "install", "--quiet", "--no-cache-dir", "-r", requirements], {
    failing: `Cannot install the packages of bench/peers/${file}`,
    remedy: "Python 3.11 and a connection to PyPI are needed",
  });
  await Deno.writeTextFile(join(folder, COMPLETE), "");
  return python;
}

async function pythonVersion(): Promise<string> {
  try {
    const { success, stdout } = await new Deno.Command(PYTHON, { args: ["--version"] }).output();
    if (success) return new TextDecoder().decode(stdout);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  throw new PeerError(
    `Cannot compare with programs in Python: there is no ${PYTHON}; install Python 3.11 or later, ` +
      "or leave --peers out",
  );
}

/** Where programs of this user keep what can be made again. */
function cacheFolder(): string {
  const [home, local] = [homedir(), Deno.env.get("LOCALAPPDATA")];
  if (Deno.build.os === "windows" && local) return local;
  if (Deno.build.os === "darwin") return join(home, "Library", "Caches");
  return Deno.env.get("XDG_CACHE_HOME") || join(home, ".cache");
}

async function run(
  command: string,
  args: string[],
  { failing, remedy }: { failing: string; remedy: string },
): Promise<void> {
  const fail = (reason: string) => new PeerError(`${failing}: ${reason}; ${remedy}`);
  const output = await new Deno.Command(command, { args }).output().catch((error) => {
    throw fail(reasonOf(error));
  });
  if (output.success) return;
  const text = new TextDecoder().decode(output.stderr).trim() ||
    new TextDecoder().decode(output.stdout).trim();
  const lines = text.split("\n");
  const line = lines.findLast((line) => line.startsWith("ERROR")) ?? lines.at(-1) ?? "";
  throw fail(line.replace(/^ERROR: /, ""));
}

function tell(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}
