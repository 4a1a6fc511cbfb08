/**
 * How this machine reaches PyPI: what pip's settings and the environment say of it.
 *
 * @module
 */

import { join } from "node:path";

/** Variables of the environment, by name. */
type Environment = Readonly<Record<string, string>>;

/** What pip's settings say of the way to its index. */
export interface PipSettings {
  /** Base URL of the index, which may hold a name and a password. */
  index: string;
  /** Paths of PEM files with the certificates of authorities that pip trusts. */
  certificateFiles: string[];
  /** URL of the proxy; `undefined` for that of the environment. */
  proxy: string | undefined;
}

/** Where pip looks when nothing else is set. */
const PYPI = "https://pypi.org/simple";

/** Sections of a file that hold for fetching, the weaker first. */
const SECTIONS = ["global", "install", "download"];

/**
 * Reads pip's settings as pip does: the environment (`PIP_…`) before the file that `PIP_CONFIG_FILE` names, before that of
 * the virtual environment, of the user, and of the machine.
 *
 * @param environment Variables of the process, as `Deno.env.toObject()` gives them
 */
export function readPipSettings(environment: Environment): PipSettings {
  const files = settingsFiles(environment).map(readFile);
  const setting = (key: string) =>
    environment[`PIP_${key.toUpperCase().replaceAll("-", "_")}`] ||
    files.findLast((settings) => settings.has(key))?.get(key);
  const { REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE } = environment;
  return {
    index: setting("index-url") ?? PYPI,
    certificateFiles: [setting("cert") || REQUESTS_CA_BUNDLE || CURL_CA_BUNDLE]
      .filter((path): path is string => path !== undefined && path !== ""),
    proxy: setting("proxy"),
  };
}

/** The files that pip reads, the weaker first. */
function settingsFiles(environment: Environment): string[] {
  const { HOME, USERPROFILE, APPDATA, PROGRAMDATA, VIRTUAL_ENV, XDG_CONFIG_HOME, PIP_CONFIG_FILE } =
    environment;
  const home = HOME ?? USERPROFILE ?? "";
  if (PIP_CONFIG_FILE === "/dev/null" || PIP_CONFIG_FILE === "nul") return [];
  const files = [
    ...["/etc/xdg/pip/pip.conf", "/etc/pip.conf"],
    PROGRAMDATA && join(PROGRAMDATA, "pip", "pip.ini"),
    ...[join(home, ".pip", "pip.conf"), join(home, "pip", "pip.ini")],
    join(home, "Library", "Application Support", "pip", "pip.conf"),
    join(XDG_CONFIG_HOME || join(home, ".config"), "pip", "pip.conf"),
    APPDATA && join(APPDATA, "pip", "pip.ini"),
    VIRTUAL_ENV && join(VIRTUAL_ENV, "pip.conf"),
    PIP_CONFIG_FILE,
  ];
  return files.filter((path): path is string => path !== undefined && path !== "");
}

/** The settings of one file, without their sections. */
function readFile(path: string): Map<string, string> {
  const sections = SECTIONS.map(() => new Map<string, string>());
  let text = "";
  try {
    text = Deno.readTextFileSync(path);
  } catch {
    // Most machines have none.
  }
  let section: Map<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    const [, name] = /^\[(.*)\]\s*$/.exec(line) ?? [];
    if (name !== undefined) section = sections[SECTIONS.indexOf(name)];
    const [, key, value] = /^([^#;=:\s][^=:]*?)\s*[=:]\s*(\S.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) {
      section?.set(key.toLowerCase().replaceAll("_", "-"), value);
    }
  }
  return new Map(sections.flatMap((settings) => [...settings]));
}
