/**
 * How this machine reaches the npm registry: what npm's settings and the environment say of it.
 *
 * Imports no package, because set-up needs it to fetch them.
 *
 * @module
 */

import { join } from "node:path";

/** Variables of the environment, by name. */
type Environment = Readonly<Record<string, string>>;

/** What npm's settings, or the environment, say of the way to the registry. */
export interface MachineNetwork {
  /** Base URL of the npm registry; `undefined` stands for npm's own. */
  registry: string | undefined;
  /** Paths of PEM files with the certificates of authorities that this machine trusts besides the public ones. */
  certificateFiles: string[];
  /** URL of the proxy for https addresses, and for http ones. */
  proxies: { https: string | undefined; http: string | undefined };
  /** Hosts to be reached without the proxy, separated by commas. */
  noProxy: string | undefined;
  /** The token that npm's settings have for a registry, by its address without the protocol: `//host/path/`. */
  tokens: ReadonlyMap<string, string>;
}

/**
 * Reads npm's settings as npm does: the environment (`npm_config_…`, which npx sets too) before the `.npmrc` of the
 * working directory, before that of the user, before the global one.
 *
 * @param environment Variables of the process, as `Deno.env.toObject()` gives them
 * @param directory The working directory
 */
export function readMachineNetwork(environment: Environment, directory: string): MachineNetwork {
  const variables = readVariables(environment);
  const home = environment.HOME ?? environment.USERPROFILE ?? "";
  const files = [
    variables.get("globalconfig"),
    variables.get("userconfig") ?? join(home, ".npmrc"),
    join(directory, ".npmrc"),
  ];
  const settings = new Map(
    [...files.map((path) => readSettings(path, environment)), variables].flatMap((each) => [
      ...each,
    ]),
  );
  const variable = (name: string) =>
    environment[name] || environment[name.toLowerCase()] || undefined;
  const { SSL_CERT_FILE, NODE_EXTRA_CA_CERTS } = environment;
  const certificateFiles = [settings.get("cafile"), SSL_CERT_FILE, NODE_EXTRA_CA_CERTS]
    .filter((path): path is string => path !== undefined && path !== "");
  return {
    registry: settings.get("registry"),
    certificateFiles: [...new Set(certificateFiles)],
    proxies: {
      https: variable("HTTPS_PROXY") ?? settings.get("https-proxy") ?? settings.get("proxy"),
      http: variable("HTTP_PROXY") ?? settings.get("proxy"),
    },
    noProxy: variable("NO_PROXY") ?? settings.get("noproxy"),
    tokens: new Map(
      [...settings].filter(([key]) => key.endsWith(":_authToken"))
        .map(([key, token]) => [key.slice(0, -":_authToken".length), token]),
    ),
  };
}

/** The same as variables by which Deno, which reads fewer of npm's settings, reaches the registry as npm does. */
export function toDenoVariables(
  { registry, certificateFiles, proxies, noProxy }: MachineNetwork,
  environment: Environment,
): Record<string, string> {
  const { DENO_CERT, DENO_TLS_CA_STORE, SSL_CERT_FILE, SSL_CERT_DIR } = environment;
  // npm's file comes first; Deno itself knows NODE_EXTRA_CA_CERTS, and reads SSL_CERT_FILE with the system's store.
  const file = certificateFiles.find((path) => path !== environment.NODE_EXTRA_CA_CERTS);
  const variables = {
    NPM_CONFIG_REGISTRY: registry,
    DENO_CERT: DENO_CERT ?? file,
    DENO_TLS_CA_STORE: DENO_TLS_CA_STORE ??
      (SSL_CERT_FILE || SSL_CERT_DIR ? "mozilla,system" : undefined),
    HTTPS_PROXY: proxies.https,
    HTTP_PROXY: proxies.http,
    NO_PROXY: noProxy,
  };
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** npm takes its variables in any case, with `_` for `-`; tokens and other keys of one registry come from files only. */
function readVariables(environment: Environment): Map<string, string> {
  const settings = new Map<string, string>();
  // The spelling in lower case, which npx uses, wins over others.
  for (const [name, value] of Object.entries(environment).sort()) {
    const key = /^npm_config_(\w+)$/i.exec(name)?.[1];
    if (key !== undefined && value !== "") {
      settings.set(key.toLowerCase().replaceAll("_", "-"), value);
    }
  }
  return settings;
}

function readSettings(path: string | undefined, environment: Environment): Map<string, string> {
  const settings = new Map<string, string>();
  if (path === undefined) return settings;
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch {
    // Most machines have none; npm goes on without one that it cannot read, too.
    return settings;
  }
  for (const line of text.split(/\r?\n/)) {
    const [, key, quoted = ""] = /^\s*([^;#=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    const value = quoted.replace(/^(["'])(.*)\1$/, "$2")
      .replaceAll(/\$\{(\w+)\}/g, (whole, name) => environment[name] ?? whole);
    if (key !== undefined && value !== "" && value !== "null") settings.set(key, value);
  }
  return settings;
}
