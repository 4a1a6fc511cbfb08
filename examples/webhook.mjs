// Receives the events of livesyte, and prints those that are really its own:
//   EVENT_WEBHOOK_SECRET=hush node webhook.mjs
// livesyte then needs EVENT_WEBHOOK_URL=http://127.0.0.1:9000/ and the same EVENT_WEBHOOK_SECRET.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const secret = process.env.EVENT_WEBHOOK_SECRET ?? "";
const seen = new Set();

function isSigned(body, signature = "") {
  const expected = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
  return signature.length === expected.length &&
    timingSafeEqual(Buffer.from(signature), Buffer.from(expected));
}

const server = createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  if (!isSigned(body, request.headers["x-livesyte-signature"])) {
    response.writeHead(401).end();
    return;
  }
  const event = JSON.parse(body);
  // An event can come twice, for example when its answer was lost.
  if (!seen.has(event.event_id)) {
    const where = event.camera_id ?? event.session_id;
    console.log(`${event.timestamp} ${where}: ${event.rule_name} ${event.label ?? event.text}`);
  }
  seen.add(event.event_id);
  response.writeHead(204).end();
});

server.listen(Number(process.env.PORT ?? 9000), "127.0.0.1", () => {
  console.log(`listening on port ${server.address().port}`);
});
