import { expect } from "expect";
import { ApiError } from "../../lib/http/api.ts";
import { BodyReader } from "../../lib/http/body_reader.ts";
import { MemoryBudget } from "../../lib/streaming/memory_budget.ts";
import { withVirtualTime } from "../virtual_time.ts";

/** A request whose body comes when the test says so. */
function request(announced?: number): {
  request: Request;
  send(bytes: number): void;
  end(): void;
  breakOff(): void;
} {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) });
  const headers = announced === undefined ? {} : { "Content-Length": `${announced}` };
  return {
    request: new Request("http://localhost/", { method: "POST", body, headers }),
    send: (bytes) => controller?.enqueue(new Uint8Array(bytes).fill(7)),
    end: () => controller?.close(),
    breakOff: () => controller?.error(new TypeError("connection reset")),
  };
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const error = await promise.then(() => undefined, (error) => error);
  return error instanceof ApiError ? [error.status, error.code, error.message] : error;
}

const TOO_LITTLE = [503, "overloaded", "There is no memory for this request body"];

Deno.test("a body is given whole, and its memory counts from the first byte to the end of its use", async () => {
  const budget = new MemoryBudget(100);
  const bodies = new BodyReader(budget);
  const used = Promise.withResolvers<void>();
  const { request: posted, send, end } = request(50);
  const answer = bodies.read(posted, { maxBytes: 60, copies: 2 }, async (body) => {
    await used.promise;
    return body;
  });
  expect(budget.held).toBe(100);
  send(20);
  send(30);
  end();
  expect(await failureOf(bodies.read(request(1).request, { maxBytes: 60 }, () => {})))
    .toEqual(TOO_LITTLE);
  used.resolve();
  expect(await answer).toEqual(new Uint8Array(50).fill(7));
  expect(budget.held).toBe(0);
});

Deno.test("a body of unknown length counts as the largest", async () => {
  const budget = new MemoryBudget(100);
  const bodies = new BodyReader(budget);
  const { request: posted, send, end } = request();
  const answer = bodies.read(posted, { maxBytes: 60 }, (body) => body.length);
  expect(budget.held).toBe(60);
  send(10);
  end();
  expect(await answer).toBe(10);
  expect(budget.held).toBe(0);
});

Deno.test("a body's memory is given back whatever happens", async () => {
  const budget = new MemoryBudget(100);
  const bodies = new BodyReader(budget);
  const brokenOff = request(50);
  const read = bodies.read(brokenOff.request, { maxBytes: 60 }, () => {});
  brokenOff.send(49);
  brokenOff.breakOff();
  expect(await failureOf(read)).toEqual([400, "bad_request", "The body broke off"]);

  const tooLong = request();
  const reading = bodies.read(tooLong.request, { maxBytes: 60 }, () => {});
  tooLong.send(61);
  expect(await failureOf(reading))
    .toEqual([413, "payload_too_large", "Body exceeds the limit of 60 bytes"]);
  expect(await failureOf(bodies.read(request(61).request, { maxBytes: 60 }, () => {})))
    .toEqual([413, "payload_too_large", "Body exceeds the limit of 60 bytes"]);

  const unusable = request(1);
  const failing = bodies.read(unusable.request, { maxBytes: 60 }, () => {
    throw new RangeError("No image");
  });
  unusable.send(1);
  unusable.end();
  expect(await failureOf(failing)).toBeInstanceOf(RangeError);
  expect(budget.held).toBe(0);
});

Deno.test("a body that hardly comes makes room for another, one that comes steadily does not", () =>
  withVirtualTime(async (clock) => {
    const budget = new MemoryBudget(2_000_000);
    const bodies = new BodyReader(budget);
    const options = { maxBytes: 1_000_000 };
    const [stopped, steady] = [request(1_000_000), request(1_000_000)];
    const stoppedAnswer = failureOf(bodies.read(stopped.request, options, () => {}));
    const steadyAnswer = bodies.read(steady.request, options, (body) => body.length);
    // Fast until its last byte.
    stopped.send(999_999);
    const newcomer = () => bodies.read(request(1_000_000).request, options, () => {});
    for (let second = 0; second < 10; second += 1) {
      if (second <= 3) expect(await failureOf(newcomer())).toEqual(TOO_LITTLE);
      steady.send(70_000);
      await Promise.resolve();
      clock.tick(1000);
    }
    const late = request(1_000_000);
    const lateAnswer = bodies.read(late.request, options, (body) => body.length);
    expect(await stoppedAnswer).toEqual([
      503,
      "overloaded",
      "The body came too slowly, and there was no memory for others",
    ]);
    expect(await failureOf(newcomer())).toEqual(TOO_LITTLE);
    steady.send(300_000);
    steady.end();
    late.send(1_000_000);
    late.end();
    expect(await Promise.all([steadyAnswer, lateAnswer])).toEqual([1_000_000, 1_000_000]);
    expect(budget.held).toBe(0);
  }));

Deno.test("what is held of a part of a budget counts towards the whole", () => {
  const whole = new MemoryBudget(100);
  const part = new MemoryBudget(60, whole);
  expect([part.take(61), part.take(60), part.take(1), whole.held]).toEqual([
    false,
    true,
    false,
    60,
  ]);
  expect([whole.take(41), whole.take(40)]).toEqual([false, true]);
  part.release(60);
  expect([whole.take(50), part.take(60), part.held, whole.held]).toEqual([true, false, 0, 90]);
});
