import { expect } from "expect";
import type { LiveEvent } from "../../lib/protocol/event.ts";
import { isMissing } from "../needs.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { eventService, until } from "./moments.ts";
import { listen, startBroker, wayTo } from "./mosquitto.ts";
import { startReceiver } from "./receiver.ts";

const PROGRAM = new URL("killed_process.ts", import.meta.url).pathname;

/** Each event once, where it came first. */
function firstOfEach(events: readonly LiveEvent[]): LiveEvent[] {
  return [...new Map(events.map((event) => [event.event_id, event])).values()];
}

Deno.test({
  name:
    "a server that is killed again and again loses no event that it has kept, and keeps their order",
  ignore: isMissing("mosquitto"),
  async fn() {
    await using directory = await temporaryDirectory();
    await using broker = await startBroker();
    await using listener = await listen(broker.url);
    await using way = wayTo(broker.url);
    await using receiver = startReceiver();
    let requests = 0;
    receiver.answer = async () => {
      requests += 1;
      if (requests % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 30));
      return new Response(null, { status: requests % 5 === 0 ? 500 : 200 });
    };
    const start = (...args: number[]) =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "--allow-all", "--cached-only", "--no-check", PROGRAM]
          .concat(directory.path, receiver.url, way.url, args.map(String)),
        stdin: "null",
      }).spawn();
    for (let round = 1; round <= 3; round++) {
      const before = requests;
      if (round === 2) way.cut();
      const child = start(1000 * round, 60);
      // In the middle of everything: some are sent, some wait, some are not even noticed yet.
      await until(() => requests >= before + 10 * round);
      if (round !== 2) await until(() => listener.newest.get("livesyte/status") === "online");
      child.kill("SIGKILL");
      await child.status;
      if (round === 2) way.open();
      else await until(() => listener.newest.get("livesyte/status") === "offline");
    }
    const { code } = await start(0, 0).status;
    expect(code).toBe(0);

    const after = eventService(directory.path);
    const kept = (await after.list({ limit: 1000 })).toReversed();
    await after.stop();
    expect(kept.length).toBeGreaterThan(30);
    expect(firstOfEach(receiver.taken)).toEqual(kept);
    // The listener is told last when it goes.
    await until(() => listener.newest.get("livesyte/status") === "offline");
    const published = listener.all.get("livesyte/door/somebody") ?? [];
    expect(firstOfEach(published.map((message) => JSON.parse(message)))).toEqual(kept);
  },
});
