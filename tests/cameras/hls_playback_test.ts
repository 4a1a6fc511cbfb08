import { resolve } from "node:path";
import { expect } from "expect";
import { isHlsName, withToken } from "../../lib/cameras/hls_playback.ts";
import { withoutFfmpeg } from "../video/media.ts";
import { waitFor } from "../video/wait_for.ts";
import { passUntilDone, withVirtualTime } from "../virtual_time.ts";
import { startCameraServer } from "./camera_server.ts";
import { fakeCameras } from "./fake_source.ts";

Deno.test("only the names that are made are looked for", () => {
  for (const name of ["master.m3u8", "720p.m3u8", "360p_00042.ts"]) {
    expect([name, isHlsName(name)]).toEqual([name, true]);
  }
  for (
    const name of [
      "",
      "..",
      "../cameras.json",
      "master.m3u8/..",
      "1080p.m3u8",
      "720p_1.ts",
      "annotation.ass",
      "720p_00001.ts.tmp",
    ]
  ) {
    expect([name, isHlsName(name)]).toEqual([name, false]);
  }
});

Deno.test("a playlist carries the token of its request on", () => {
  expect(withToken("#EXTM3U\n#EXT-X-VERSION:6\n720p.m3u8\n720p_00001.ts\n", "a b")).toBe(
    "#EXTM3U\n#EXT-X-VERSION:6\n720p.m3u8?token=a%20b\n720p_00001.ts?token=a%20b\n",
  );
});

Deno.test("a video is made while playlists are asked for, and gone a while after the last", async () => {
  await withVirtualTime(async (clock) => {
    const cameras = await fakeCameras();
    cameras.add();
    const { hls } = cameras.service.get("door");
    const askedAt = clock.now;
    const master = hls.find("master.m3u8");
    await clock.tickAsync(100);
    const { playsIn = "" } = cameras.sources.newest;
    expect(Deno.statSync(playsIn).isDirectory).toBe(true);
    expect(cameras.door).toMatchObject({
      client_count: 1,
      qualities: [{
        level: "360p",
        bitrate: 600,
        resolution: "16x16",
        segment_path: "hls/door/1",
        playlist_path: "hls/door/1/360p.m3u8",
      }],
    });
    Deno.writeTextFileSync(`${playsIn}/master.m3u8`, "#EXTM3U\n");
    expect(await passUntilDone(clock, master)).toBe(`${playsIn}/master.m3u8`);
    // The numbers of frames are those of the source.
    for (let count = 0; count < 3; count += 1) {
      cameras.sources.newest.give();
      await clock.tickAsync(100);
    }
    expect(cameras.sources.newest.annotated).toEqual([0, 1, 2]);
    // A source that is opened anew has a folder of its own.
    cameras.sources.newest.fail("ended", "The source has ended");
    await clock.tickAsync(1100);
    expect(cameras.sources.newest.playsIn).toBe(playsIn.replace(/1$/, "2"));
    await clock.tickAsync(14_900 - (clock.now - askedAt));
    expect(cameras.door.client_count).toBe(1);
    await clock.tickAsync(1000);
    expect(cameras.door).toMatchObject({ client_count: 0, qualities: [] });
    expect(cameras.sources.newest.playsIn).toBeUndefined();
    expect(() => Deno.statSync(`${playsIn}/..`)).toThrow(Deno.errors.NotFound);
    // Nobody plays it, so a segment is not waited for, and starts nothing.
    expect(await hls.find("720p_00001.ts")).toBeUndefined();
    expect(cameras.door.client_count).toBe(0);
    await passUntilDone(clock, cameras[Symbol.asyncDispose]());
  });
});

Deno.test("a video that cannot be written is begun anew, for as long as somebody plays it", async () => {
  await withVirtualTime(async (clock) => {
    const cameras = await fakeCameras();
    cameras.add({ always: true });
    await clock.tickAsync(10);
    const { hls } = cameras.service.get("door");
    const { newest } = cameras.sources;
    const finding = hls.find("master.m3u8");
    await clock.tickAsync(10);
    const { playsIn = "" } = newest;
    Deno.writeTextFileSync(`${playsIn}/master.m3u8`, "#EXTM3U\n");
    await clock.tickAsync(100);
    expect(await passUntilDone(clock, finding)).toBe(`${playsIn}/master.m3u8`);
    expect(hls.isUnwritable).toBe(false);

    newest.hasVideoFailed = true;
    expect(await hls.find("master.m3u8")).toBeUndefined();
    expect([hls.isUnwritable, newest.playsIn]).toEqual([true, playsIn]);
    await clock.tickAsync(5000);
    const again = hls.find("master.m3u8");
    expect([hls.isUnwritable, newest.playsIn]).toEqual([false, playsIn.replace(/1$/, "2")]);
    expect(() => Deno.statSync(playsIn)).toThrow(Deno.errors.NotFound);
    Deno.writeTextFileSync(`${newest.playsIn}/master.m3u8`, "#EXTM3U\n");
    await clock.tickAsync(100);
    expect(await passUntilDone(clock, again)).toBe(`${newest.playsIn}/master.m3u8`);

    // The same where there cannot even be a folder; the camera goes on.
    hls.end();
    const folder = resolve(playsIn, "../..");
    Deno.removeSync(folder, { recursive: true });
    Deno.writeTextFileSync(folder, "in the way");
    expect(await hls.find("master.m3u8")).toBeUndefined();
    expect(hls.isUnwritable).toBe(true);
    newest.fail("ended", "The source has ended");
    await clock.tickAsync(1100);
    cameras.sources.newest.give();
    await clock.tickAsync(10);
    expect(cameras.door.state).toBe("active");
    Deno.removeSync(folder);
    await passUntilDone(clock, cameras[Symbol.asyncDispose]());
  });
});

Deno.test({
  name: "a player plays a camera in its qualities, and nothing is left when it is removed",
  ignore: withoutFfmpeg,
  async fn() {
    await using cameras = await startCameraServer();
    await cameras.add();
    const { host, services } = cameras.server;
    const url = `http://${host}/camera/door/hls/master.m3u8`;
    const response = await fetch(url);
    const master = await response.text();
    expect([response.status, response.headers.get("Content-Type")])
      .toEqual([200, "application/vnd.apple.mpegurl"]);
    expect(master.match(/^\d+p\.m3u8$/gm)).toEqual(["480p.m3u8", "360p.m3u8"]);
    const { qualities } = await cameras.view();
    expect(qualities).toMatchObject([
      { level: "480p", resolution: "640x480", playlist_path: "hls/door/1/480p.m3u8" },
      { level: "360p", resolution: "480x360" },
    ]);
    const args = [
      "-v",
      "error",
      "-of",
      "json",
      "-show_streams",
      "-show_entries",
      "stream=codec_name,width",
      url,
    ];
    const { stdout, code } = await new Deno.Command("ffprobe", { args }).output();
    const { streams } = JSON.parse(new TextDecoder().decode(stdout));
    expect(code).toBe(0);
    expect(streams).toMatchObject([{ codec_name: "h264", width: 640 }, {
      codec_name: "h264",
      width: 480,
    }]);
    const playlist = await (await fetch(new URL("480p.m3u8", url))).text();
    const [segment = ""] = /^480p_\d+\.ts$/m.exec(playlist) ?? [];
    const video = await fetch(new URL(segment, url));
    expect([video.headers.get("Content-Type"), (await video.bytes())[0]]).toEqual([
      "video/mp2t",
      0x47,
    ]);
    const names = ["480p_99999.ts", "cameras.json", "..%2fcameras.json", "annotation.ass"];
    for (const name of names) {
      const missing = await fetch(new URL(`/camera/door/hls/${name}`, url));
      await missing.body?.cancel();
      expect([name, missing.status]).toEqual([name, 404]);
    }
    const folder = `${services.config.video.dataDirectory}/hls/door`;
    expect(Deno.statSync(folder).isDirectory).toBe(true);
    await cameras.send("DELETE", "/camera/door");
    await waitFor(() => {
      try {
        return !Deno.statSync(folder).isDirectory;
      } catch {
        return true;
      }
    });
  },
});
