/**
 * Looks at a server as its users do: the page, an image, a stream and a video job, and prints how many of them worked.
 *
 * Run with the server's address, in the project's folder.
 *
 * @module
 */

const url = Deno.args[0] ?? "http://127.0.0.1:8000/";

/** Longest wait for any answer, in milliseconds. */
const LIMIT_MS = 30_000;

const DOG = await Deno.readFile("tests/fixtures/dog.jpg");

interface Result {
  detections: { label: string }[];
}

async function get(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(new URL(path, url), {
    ...init,
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  if (!response.ok) {
    throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  }
  return response;
}

function mustShowDog({ detections }: Result): void {
  if (!detections.some(({ label }) => label === "dog")) {
    throw new Error(`No dog among ${JSON.stringify(detections)}`);
  }
}

/** The page comes with its script and its styles. */
async function checkPage(): Promise<void> {
  const html = await (await get("/")).text();
  const scripts = [...html.matchAll(/from\s*"(\/[^"]+\.js)"/g)].map(([, path = ""]) => path);
  const styles = [...html.matchAll(/<link rel="stylesheet" href="([^"]+)"/g)]
    .map(([, path = ""]) => path.replaceAll("&amp;", "&"));
  if (scripts.length === 0 || styles.length === 0) {
    throw new Error("The page has no script or style");
  }
  for (const path of [...scripts, ...styles]) await (await get(path)).body?.cancel();
}

async function checkImage(): Promise<void> {
  const headers = { "content-type": "image/jpeg" };
  const response = await get("/pipelines/yolo_only/run", { method: "POST", headers, body: DOG });
  mustShowDog((await response.json()).result);
}

async function checkStream(): Promise<void> {
  const address = new URL("/ws/video/stream?pipeline_id=yolo_ocr", url);
  address.protocol = "ws:";
  const socket = new WebSocket(address);
  const answer = Promise.withResolvers<string>();
  socket.onopen = () => socket.send(DOG);
  socket.onmessage = ({ data }) => answer.resolve(data);
  socket.onclose = ({ code, reason }) => answer.reject(new Error(`Closed with ${code} ${reason}`));
  const timer = setTimeout(() => answer.reject(new Error("No answer")), LIMIT_MS);
  const message = JSON.parse(await answer.promise);
  clearTimeout(timer);
  socket.close();
  if (message.frame_index !== 1) throw new Error(`Answered ${JSON.stringify(message)}`);
  mustShowDog(message.result);
}

async function checkVideo(): Promise<void> {
  const body = new FormData();
  body.set("file", new File([await Deno.readFile("tests/fixtures/dog.mp4")], "dog.mp4"));
  const submitted = await get("/video/submit?pipeline_id=yolo_only", { method: "POST", body });
  const { job_id } = await submitted.json();
  const deadline = performance.now() + LIMIT_MS;
  let status = "pending";
  while (status === "pending" || status === "processing") {
    if (performance.now() > deadline) throw new Error(`The job is still ${status}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const job = await (await get(`/video/status/${job_id}`)).json();
    status = job.status;
    if (status === "failed") throw new Error(`The job failed: ${JSON.stringify(job.error)}`);
  }
  const { results } = await (await get(`/video/results/${job_id}`)).json();
  if (results.length !== 10) throw new Error(`The job has ${results.length} results, not 10`);
  for (const { result } of results) mustShowDog(result);
}

const CHECKS = { page: checkPage, image: checkImage, stream: checkStream, video: checkVideo };

let failed = 0;
for (const [name, check] of Object.entries(CHECKS)) {
  let outcome = "ok";
  try {
    await check();
  } catch (error) {
    failed++;
    outcome = error instanceof Error ? error.message : String(error);
  }
  await Deno.stdout.write(new TextEncoder().encode(`${name}: ${outcome}\n`));
}
const passed = Object.keys(CHECKS).length - failed;
await Deno.stdout.write(new TextEncoder().encode(`${passed} passed, ${failed} failed\n`));
Deno.exit(failed > 0 ? 1 : 0);
