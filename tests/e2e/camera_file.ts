/** Makes films of the test images, for Chromium to take as its camera or as a file. @module */

const FIXTURES = new URL("../fixtures/", import.meta.url);

/** Arguments of ffmpeg by the kind of film: 4:2:0 colours, as Chromium's camera wants them. */
const ENCODINGS = {
  mjpeg: ["-vf", "scale=640:480", "-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p"],
  webm: ["-vf", "scale=640:480", "-c:v", "libvpx", "-b:v", "4M", "-pix_fmt", "yuv420p"],
};

/** Films that are removed when they are no longer needed. */
export interface Films extends AsyncDisposable {
  /** Makes a film of two seconds that shows one image, and returns its path. */
  make(image: string, kind: keyof typeof ENCODINGS): Promise<string>;
}

/** Makes a place for films. */
export async function createFilms(): Promise<Films> {
  const directory = await Deno.makeTempDir({ prefix: "livesyte_films_" });
  return {
    async make(image, kind) {
      const path = `${directory}/${image.replace(/\.\w+$/, "")}.${kind}`;
      const source = new URL(image, FIXTURES).pathname;
      const { success, stderr } = await new Deno.Command("ffmpeg", {
        args: ["-v", "error", "-y", "-loop", "1", "-t", "2", "-r", "15", "-i", source]
          .concat(ENCODINGS[kind], path),
      }).output();
      if (!success) throw new Error(`Cannot make a film: ${new TextDecoder().decode(stderr)}`);
      return path;
    },
    async [Symbol.asyncDispose]() {
      await Deno.remove(directory, { recursive: true });
    },
  };
}
