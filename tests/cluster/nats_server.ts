/** A NATS server of its own, for tests. */

/** A running NATS server, which can be killed and started again under the same address. */
export interface NatsServer extends AsyncDisposable {
  /** Such as `nats://127.0.0.1:40123`. */
  url: string;
  /** Id of its process. */
  readonly pid: number;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Starts it again. */
  restart(): Promise<void>;
}

/** What the configuration of a server holds besides its address. */
export interface NatsSettings {
  /** Further lines of the configuration. */
  lines?: string[];
  /** Without it, JetStream is off. */
  jetstream?: boolean;
  /** Most that JetStream stores, such as `100MB`; a share of the disk unless given. */
  maxStorage?: string;
}

/** Waits until a condition holds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!await condition()) {
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A port that is free now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Starts a server that takes frames as large as livesyte does. */
export async function startNats(
  { lines = ["max_payload: 6MB"], jetstream = true, maxStorage }: NatsSettings = {},
): Promise<NatsServer> {
  const directory = await Deno.makeTempDir({ prefix: "livesyte-nats-" });
  const port = freePort();
  const limit = maxStorage === undefined ? "" : `, max_file_store: ${maxStorage}`;
  const storage = jetstream ? [`jetstream { store_dir: "${directory}"${limit} }`] : [];
  const path = `${directory}/nats.conf`;
  await Deno.writeTextFile(path, [`listen: 127.0.0.1:${port}`, ...storage, ...lines].join("\n"));
  let child: Deno.ChildProcess | undefined;
  const restart = async () => {
    child = new Deno.Command("nats-server", {
      args: ["-c", path],
      stdout: "null",
      stderr: "null",
    }).spawn();
    await until(() => isListening(port));
  };
  const kill = async () => {
    child?.kill("SIGKILL");
    await child?.status;
    child = undefined;
  };
  await restart();
  return {
    url: `nats://127.0.0.1:${port}`,
    get pid() {
      return child?.pid ?? NaN;
    },
    kill,
    restart,
    async [Symbol.asyncDispose]() {
      await kill();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

async function isListening(port: number): Promise<boolean> {
  try {
    using _ = await Deno.connect({ hostname: "127.0.0.1", port });
    return true;
  } catch {
    return false;
  }
}
