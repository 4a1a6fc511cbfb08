/** A broker of MQTT of its own, for tests, and somebody who listens to it. */

import { connectAsync } from "mqtt";
import { freePort } from "../cluster/nats_server.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { until } from "./moments.ts";

/** Debian's, which is not on the PATH of everybody. */
const PROGRAM = "/usr/sbin/mosquitto";

/** A running broker, which can be killed and started again under the same address. It remembers nothing across that. */
export interface Broker extends AsyncDisposable {
  /** Such as `mqtt://127.0.0.1:40123`. */
  url: string;
  /** The same over WebSockets. */
  webSocketUrl: string;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Starts it again. */
  restart(): Promise<void>;
  /** Has it stop answering, or go on. */
  freeze(isFrozen: boolean): void;
}

/** Starts a broker. @param settings Further lines of its configuration; anybody may connect by default */
export async function startBroker(settings = ["allow_anonymous true"]): Promise<Broker> {
  const directory = await temporaryDirectory();
  const [port, webSocketPort] = [freePort(), freePort()];
  const path = `${directory.path}/mosquitto.conf`;
  const lines = [
    `listener ${port} 127.0.0.1`,
    ...settings,
    `listener ${webSocketPort} 127.0.0.1`,
    "protocol websockets",
    "persistence false",
  ];
  await Deno.writeTextFile(path, lines.join("\n"));
  let child: Deno.ChildProcess | undefined;
  const restart = async () => {
    child = new Deno.Command(PROGRAM, { args: ["-c", path], stdout: "null", stderr: "null" })
      .spawn();
    await until(() => isListening(port));
  };
  const kill = async () => {
    child?.kill("SIGKILL");
    await child?.status;
    child = undefined;
  };
  await restart();
  return {
    url: `mqtt://127.0.0.1:${port}`,
    webSocketUrl: `ws://127.0.0.1:${webSocketPort}`,
    kill,
    restart,
    freeze: (isFrozen) => child?.kill(isFrozen ? "SIGSTOP" : "SIGCONT"),
    async [Symbol.asyncDispose]() {
      await kill();
      await directory[Symbol.asyncDispose]();
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

/** Somebody who listens to everything, from when the broker is there. */
export interface Listener extends AsyncDisposable {
  /** The newest message under each topic; what the broker has cleared is left out. */
  newest: Map<string, string>;
  /** All messages under each topic. */
  all: Map<string, string[]>;
  /** Topics whose messages the broker had retained when the listener came. */
  retained: Set<string>;
}

/** Listens to a broker. */
export async function listen(url: string): Promise<Listener> {
  const client = await connectAsync(url, { reconnectPeriod: 50, connectTimeout: 1000 });
  client.on("error", () => {});
  const [newest, all, retained] = [
    new Map<string, string>(),
    new Map<string, string[]>(),
    new Set<string>(),
  ];
  client.on("message", (topic, payload, { retain }) => {
    const text = payload.toString();
    if (retain) retained.add(topic);
    all.set(topic, [...all.get(topic) ?? [], text]);
    if (text === "") newest.delete(topic);
    else newest.set(topic, text);
  });
  await client.subscribeAsync("#", { qos: 1 });
  return {
    newest,
    all,
    retained,
    [Symbol.asyncDispose]: () => client.endAsync(true),
  };
}

/** A way to a broker that can be cut. */
export interface Way extends AsyncDisposable {
  /** The address at which the broker is reached on it. */
  url: string;
  /** Cuts it; nobody gets through until it is open again. */
  cut(): void;
  /** Opens it again. */
  open(): void;
}

/** Makes a way to a broker, which is open. */
export function wayTo(url: string): Way {
  const broker = Number(new URL(url).port);
  const port = freePort();
  let listener: Deno.TcpListener | undefined;
  const connections = new Set<Deno.TcpConn>();
  const pass = async (from: Deno.TcpConn, to: Deno.TcpConn) => {
    await from.readable.pipeTo(to.writable).catch(() => {});
  };
  const open = () => {
    const opened = listener = Deno.listen({ hostname: "127.0.0.1", port });
    void (async () => {
      for await (const client of opened) {
        const server = await Deno.connect({ hostname: "127.0.0.1", port: broker });
        for (const each of [client, server]) connections.add(each);
        void pass(client, server);
        void pass(server, client);
      }
    })();
  };
  const cut = () => {
    listener?.close();
    listener = undefined;
    for (const each of connections) {
      try {
        each.close();
      } catch {
        // It has ended by itself.
      }
    }
    connections.clear();
  };
  open();
  return {
    url: `mqtt://127.0.0.1:${port}`,
    cut,
    open,
    [Symbol.asyncDispose]() {
      cut();
      return Promise.resolve();
    },
  };
}
