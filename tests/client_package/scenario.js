/**
 * What the tests do with the built package in each runtime; plain JavaScript, as Node 20 and browsers take it.
 *
 * @param {typeof import("../../client/mod.ts")} package_ The package, as it was imported there.
 * @param {{ url: string, token: string, WebSocket?: typeof WebSocket }} server
 * @param {Uint8Array} dog A JPEG with a dog.
 * @param {Blob} video Some frames of that dog.
 */
export async function runScenario(
  { Livesyte, LivesyteError },
  { url, token, WebSocket },
  dog,
  video,
) {
  const server = new Livesyte(url, { token, ...(WebSocket && { WebSocket }) });
  const report = { pipelines: (await server.pipelines()).map(({ id }) => id) };
  report.image = labelsOf(await server.run("yolo_only", dog));

  const stream = server.connect("yolo_only", { name: "Dog", rules: "dogs" });
  const results = stream[Symbol.asyncIterator]();
  await stream.send(dog);
  const first = (await results.next()).value;
  report.stream = {
    frame_index: first.frame_index,
    labels: labelsOf(first.result),
    isSame: first.frame === dog,
  };
  const [session] = await server.sessions();
  report.names = [session.name];
  stream.rename("Dog & cat");
  for (let tries = 0; report.names.length < 2 && tries < 500; tries++) {
    const [{ name }] = await server.sessions();
    if (name !== report.names[0]) report.names.push(name);
  }
  report.isOwnId = stream.sessionId === session.session_id;
  const viewed = server.watch(session.session_id, { frames: true })[Symbol.asyncIterator]();
  report.viewed = await viewOne(viewed, stream, dog);
  report.frames = await sendMany(stream, results, dog, 20);
  report.viewerEnds = await drain(viewed);
  report.counts = stream.counts;
  report.event = await firstEvent(server, session);

  const errors = {
    pipeline: () =>
      server.connect("no_such").send(dog).then(() =>
        server.connect("no_such")[Symbol.asyncIterator]().next()
      ),
    token: () =>
      new Livesyte(url, { token: "wrong", ...(WebSocket && { WebSocket }) }).connect("yolo_only")
        .send(dog),
    job: () => server.job("00000000-0000-4000-8000-000000000000"),
    events: () => server.events({ since: "yesterday" }).next(),
    rules: () => server.submitVideo("yolo_only", video, { rules: "cats" }),
  };
  report.errors = {};
  for (const [name, cause] of Object.entries(errors)) {
    report.errors[name] = await cause().then(
      () => "none",
      (error) => error instanceof LivesyteError && error.code,
    );
  }
  report.job = await runJob(server, video);
  return report;
}

/** Sends until the viewer has seen a frame: it may have come too late for the first ones, or have been behind. */
async function viewOne(viewed, stream, dog) {
  let seen;
  const seeing = (async () => {
    while (!seen?.frame) seen = (await viewed.next()).value;
  })();
  const results = stream[Symbol.asyncIterator]();
  while (!seen?.frame) {
    await stream.send(dog);
    await results.next();
  }
  await seeing;
  return { labels: labelsOf(seen.result), bytes: seen.frame.byteLength };
}

/** Sends frames as fast as the client lets it, reads meanwhile, and ends the stream. */
async function sendMany(stream, results, dog, count) {
  const sending = (async () => {
    for (let sent = 0; sent < count; sent++) await stream.send(dog);
    await stream.end();
  })();
  const read = await drain(results);
  await sending;
  return read;
}

/** The event that the rules of the stream have noticed, which has happened already. */
async function firstEvent(server, { created_at }) {
  for await (const event of server.events({ since: created_at })) {
    const { rule_id, type, label, session_id } = event;
    return { rule_id, type, label, isOfStream: session_id !== undefined };
  }
}

async function drain(iterator) {
  let count = 0;
  while (!(await iterator.next()).done) count += 1;
  return count;
}

async function runJob(server, video) {
  const rules = [{ id: "any-dog", when: "count", classes: ["dog"] }];
  const options = { fileName: "dog.mp4", maxFrames: 3 };
  const id = await server.submitVideo("yolo_only", video, { ...options, rules });
  const statuses = [];
  for await (const { status } of server.followJob(id)) statuses.push(status);
  const indices = [];
  for await (const { frame_index } of server.results(id)) indices.push(frame_index);
  const csv = await new Response(await server.resultsFile(id, "csv")).text();
  const seen = [await server.videoEvents(id), await server.videoEvents(id, { rules: "dogs" })];
  const events = seen.map((each) => each.events.map(({ rule_id, type }) => [rule_id, type]));
  await server.deleteJob(id);
  const left = (await server.jobs()).length;
  return { last: statuses.at(-1), indices, csv: csv.split("\r\n")[0], events, left };
}

function labelsOf(result) {
  return result.detections.map(({ label }) => label).sort();
}
