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

  const stream = server.connect("yolo_only", { name: "Dog" });
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

  const errors = {
    pipeline: () =>
      server.connect("no_such").send(dog).then(() =>
        server.connect("no_such")[Symbol.asyncIterator]().next()
      ),
    token: () =>
      new Livesyte(url, { token: "wrong", ...(WebSocket && { WebSocket }) }).connect("yolo_only")
        .send(dog),
    job: () => server.job("00000000-0000-4000-8000-000000000000"),
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

async function drain(iterator) {
  let count = 0;
  while (!(await iterator.next()).done) count += 1;
  return count;
}

async function runJob(server, video) {
  const id = await server.submitVideo("yolo_only", video, { fileName: "dog.mp4", maxFrames: 3 });
  const statuses = [];
  for await (const { status } of server.followJob(id)) statuses.push(status);
  const indices = [];
  for await (const { frame_index } of server.results(id)) indices.push(frame_index);
  const csv = await new Response(await server.resultsFile(id, "csv")).text();
  await server.deleteJob(id);
  const left = (await server.jobs()).length;
  return { last: statuses.at(-1), indices, csv: csv.split("\r\n")[0], left };
}

function labelsOf(result) {
  return result.detections.map(({ label }) => label).sort();
}
