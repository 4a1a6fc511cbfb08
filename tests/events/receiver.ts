/** A receiver of webhooks, for tests. */

import type { LiveEvent } from "../../lib/protocol/event.ts";

/** A request as it came. */
export interface Received {
  headers: Headers;
  body: string;
  path: string;
}

/** A real server. */
export interface Receiver extends AsyncDisposable {
  /** Where it listens, such as `http://127.0.0.1:40123/`. */
  url: string;
  /** Every request so far. */
  requests: Received[];
  /** The events of those that it has answered with 200, in the order in which they came. */
  taken: LiveEvent[];
  /** What it answers; 200 unless set. */
  answer: (request: Received) => Response | Promise<Response>;
}

/** Starts a receiver on a port, a free one by default. */
export function startReceiver(port = 0): Receiver {
  const requests: Received[] = [];
  const taken: LiveEvent[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port, onListen: () => {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      const { headers } = request;
      const received = { headers, body: await request.text(), path: pathname + search };
      requests.push(received);
      const response = await receiver.answer(received);
      if (response.ok) taken.push(JSON.parse(received.body));
      return response;
    },
  );
  const receiver: Receiver = {
    url: `http://127.0.0.1:${server.addr.port}/`,
    requests,
    taken,
    answer: () => new Response(null, { status: 200 }),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return receiver;
}
