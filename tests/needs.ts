/**
 * What some tests need besides Deno and the packages: which machine lacks what, and how to get it.
 *
 * @module
 */

/** Something that a machine may lack. */
interface Need {
  /** What is skipped without it. */
  tests: string;
  /** How to get it. */
  remedy: string;
  isThere: () => boolean;
}

/** Names under which the browser of the tests is looked for, in the folders of PATH. */
const BROWSERS = ["chromium", "chromium-browser", "google-chrome"];

/** Path of the browser of the tests. */
export const CHROMIUM: string = Deno.env.get("CHROMIUM_PATH") ??
  (Deno.env.get("PATH") ?? "").split(":").flatMap((folder) =>
    BROWSERS.map((name) => `${folder}/${name}`)
  ).find(exists) ?? "chromium";

/** A Vulkan driver that computes on the processor; Debian's Chromium brings it. */
export const SOFTWARE_VULKAN = "/usr/lib/chromium/vk_swiftshader_icd.json";

const NEEDS = {
  chromium: {
    tests: "tests in a browser",
    remedy: "apt-get install chromium, or set CHROMIUM_PATH to a Chromium or Chrome",
    isThere: () => exists(CHROMIUM),
  },
  vulkan: {
    tests: "the test of a server on WebGPU",
    remedy: "apt-get install chromium libvulkan1, on Debian",
    isThere: () => exists(SOFTWARE_VULKAN) && exists("/usr/lib/x86_64-linux-gnu/libvulkan.so.1"),
  },
  ffmpeg: {
    tests: "tests that make videos",
    remedy: "apt-get install ffmpeg",
    isThere: () => runs("ffmpeg", "-version"),
  },
  node: {
    tests: "tests of the client package in Node",
    remedy: "install Node 20.10 or later",
    isThere: () => runs("node", "--version"),
  },
  python3: {
    tests: "the test of what other programs are measured with",
    remedy: "apt-get install python3",
    isThere: () => runs("python3", "--version"),
  },
  websockets: {
    tests: "the test of the example in Python",
    remedy: "apt-get install python3-websockets, or pip install websockets",
    isThere: () => pythonWithWebSockets() !== undefined,
  },
  gstreamer: {
    tests: "tests with an RTSP server",
    remedy: "apt-get install gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base " +
      "gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly python3-gi, on Debian",
    isThere: () =>
      runs(
        "/usr/bin/python3",
        "-c",
        "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer",
      ),
  },
  qemu: {
    tests: "the test of an older processor",
    remedy: "apt-get install qemu-user, on x64",
    isThere: () => Deno.build.arch === "x86_64" && runs("qemu-x86_64", "--version"),
  },
  promtool: {
    tests: "the test of docs/alerts.yml",
    remedy: "apt-get install prometheus",
    isThere: () => runs("promtool", "--version"),
  },
  nats: {
    tests: "tests of several machines",
    remedy: "apt-get install nats-server",
    isThere: () => runs("nats-server", "--version"),
  },
  mosquitto: {
    tests: "tests with a broker of MQTT",
    remedy: "apt-get install mosquitto",
    isThere: () => exists("/usr/sbin/mosquitto"),
  },
  curl: {
    tests: "tests of the documents' curl commands",
    remedy: "apt-get install curl",
    isThere: () => runs("curl", "--version"),
  },
  fonts: {
    tests: "tests that draw the text to be read",
    remedy: "apt-get install fonts-dejavu-core fonts-liberation fonts-wqy-microhei",
    isThere: () =>
      [
        "truetype/dejavu/DejaVuSans.ttf",
        "truetype/liberation/LiberationSerif-Regular.ttf",
        "truetype/wqy/wqy-microhei.ttc",
      ].every((path) => exists(`/usr/share/fonts/${path}`)),
  },
  mount: {
    tests:
      "tests of full and read-only disks, of missing rights, and of machines without a network",
    remedy: "run them as root on Linux",
    isThere: () => runs("unshare", "--mount", "--net", "true"),
  },
} satisfies Record<string, Need>;

/** What {@linkcode isMissing} can be asked for. */
export type NeedName = keyof typeof NEEDS;

const found = new Map<NeedName, boolean>();

/** Whether this machine lacks one of these, so that a test has to be skipped; in CI, where all has to be there, never. */
export function isMissing(...names: NeedName[]): boolean {
  return Deno.env.get("CI") !== "true" && names.some((name) => !isThere(name));
}

/** How to get what is missing. */
export function remedyFor(name: NeedName): string {
  return NEEDS[name].remedy;
}

/** A Python that has the package `websockets`: the first of PATH, or the one that Debian's packages are for. */
export function pythonWithWebSockets(): string | undefined {
  return ["python3", "/usr/bin/python3"].find((python) => runs(python, "-c", "import websockets"));
}

/** One sentence for each thing that this machine lacks: what is skipped, and how to get it. */
export function describeMissing(): string[] {
  return (Object.keys(NEEDS) as NeedName[]).filter((name) => isMissing(name)).map((name) => {
    const { tests, remedy } = NEEDS[name];
    return `Skipped for lack of ${name}: ${tests} (${remedy})`;
  });
}

function isThere(name: NeedName): boolean {
  const known = found.get(name) ?? NEEDS[name].isThere();
  found.set(name, known);
  return known;
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function runs(command: string, ...args: string[]): boolean {
  try {
    const options = { args, stdout: "null", stderr: "null" } as const;
    return new Deno.Command(command, options).outputSync().success;
  } catch {
    return false;
  }
}
