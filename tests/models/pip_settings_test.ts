import { expect } from "expect";
import fc from "fast-check";
import { join } from "node:path";
import { readPipSettings } from "../../lib/models/pip_settings.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";

async function write(path: string, text: string): Promise<string> {
  await Deno.mkdir(join(path, ".."), { recursive: true });
  await Deno.writeTextFile(path, text);
  return path;
}

Deno.test("pip's settings count in pip's order: environment, named file, virtual environment, user", async () => {
  await using home = await temporaryDirectory();
  const user = join(home.path, ".config/pip/pip.conf");
  await write(user, "[global]\nindex-url = http://user/simple\ncert = /user.pem\n");
  const VIRTUAL_ENV = join(home.path, "venv");
  await write(join(VIRTUAL_ENV, "pip.conf"), "[install]\nindex-url: http://venv/simple\n");
  const named = await write(join(home.path, "named"), "[global]\nindex_url=http://named/simple");
  const environment = { HOME: home.path };
  const index = (more = {}) => readPipSettings({ ...environment, ...more }).index;
  expect(index()).toBe("http://user/simple");
  expect(index({ VIRTUAL_ENV })).toBe("http://venv/simple");
  expect(index({ VIRTUAL_ENV, PIP_CONFIG_FILE: named })).toBe("http://named/simple");
  expect(index({ PIP_CONFIG_FILE: named, PIP_INDEX_URL: "http://env/" })).toBe("http://env/");
  expect(index({ PIP_INDEX_URL: "" })).toBe("http://user/simple");
  expect(readPipSettings(environment)).toEqual({
    index: "http://user/simple",
    certificateFiles: ["/user.pem"],
    proxy: undefined,
  });
});

Deno.test("without settings of pip, its index is PyPI", () => {
  const settings = { index: "https://pypi.org/simple", certificateFiles: [], proxy: undefined };
  expect(readPipSettings({ HOME: "/nowhere", PIP_CONFIG_FILE: "/dev/null" })).toEqual(settings);
});

Deno.test("pip trusts the first bundle that is named, and has a proxy of its own", () => {
  const base = { PIP_CONFIG_FILE: "/dev/null", CURL_CA_BUNDLE: "/curl.pem" };
  const files = (more = {}) => readPipSettings({ ...base, ...more }).certificateFiles;
  expect(files()).toEqual(["/curl.pem"]);
  expect(files({ REQUESTS_CA_BUNDLE: "/requests.pem" })).toEqual(["/requests.pem"]);
  expect(files({ REQUESTS_CA_BUNDLE: "/requests.pem", PIP_CERT: "/pip.pem" })).toEqual([
    "/pip.pem",
  ]);
  expect(readPipSettings({ ...base, PIP_PROXY: "http://proxy:1" }).proxy).toBe("http://proxy:1");
});

Deno.test("a section's settings weigh more than the global ones, and other sections' nothing", async () => {
  await using home = await temporaryDirectory();
  const lines = [
    "; index-url = http://comment/",
    "[wheel]",
    "index-url = http://wheel/",
    "[download]",
    "index-url = http://download/ ",
    "[global]",
    "index-url = http://global/",
    "# proxy = http://comment/",
    "no value",
  ];
  const PIP_CONFIG_FILE = await write(join(home.path, "pip.conf"), lines.join("\r\n"));
  const { index, proxy } = readPipSettings({ HOME: "/nowhere", PIP_CONFIG_FILE });
  expect([index, proxy]).toEqual(["http://download/", undefined]);
});

Deno.test("no pip.conf makes reading it fail", async () => {
  await using home = await temporaryDirectory();
  const PIP_CONFIG_FILE = join(home.path, "pip.conf");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      Deno.writeTextFileSync(PIP_CONFIG_FILE, text);
      readPipSettings({ HOME: "/nowhere", PIP_CONFIG_FILE });
    }),
    { numRuns: 200 },
  );
});
