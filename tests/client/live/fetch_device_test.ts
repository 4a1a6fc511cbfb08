import { expect } from "expect";
import { fetchDevice } from "../../../lib/client/live/fetch_device.ts";

const CPU = { name: "cpu", description: "Objects are found on the CPU" };

Deno.test("fetchDevice reads the server's health, be it bad", async () => {
  const paths: string[] = [];
  const answering = (answer: unknown, status = 200) => (path: string) => {
    paths.push(path);
    return Promise.resolve(Response.json(answer, { status }));
  };
  expect(await fetchDevice(answering({ status: "healthy", device: CPU }))).toEqual(CPU);
  expect(await fetchDevice(answering({ status: "unhealthy", device: null }, 503))).toBeNull();
  expect(paths).toEqual(["/health", "/health"]);
});

Deno.test("fetchDevice refuses an answer that does not say", async () => {
  const answers = ["<html>", "{}", '{"device":{"name":"abacus","description":""}}'];
  for (const answer of answers) {
    await expect(fetchDevice(() => Promise.resolve(new Response(answer)))).rejects.toThrow();
  }
});
