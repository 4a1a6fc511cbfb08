import { ConfigError } from "../lib/environment.ts";
import { expect } from "expect";
import { parseConfig } from "../lib/config.ts";

Deno.test("parseConfig gives the documented defaults for an empty environment", () => {
  expect(parseConfig({})).toEqual({
    hostname: "127.0.0.1",
    port: 8000,
    allowedHosts: [],
    front: { maxConnections: undefined, maxConnectionsPerAddress: undefined, tls: undefined },
    basePath: "",
    modelDirectory: "./models",
    logLevel: "info",
    logFormat: "json",
    stream: {
      dropThreshold: 0.1,
      slowdownThreshold: 0.3,
      maxFrameBytes: 5_242_880,
      maxFramePixels: 4_194_304,
      memoryBudgetBytes: 536_870_912,
      maxSessions: undefined,
      idleTimeoutMs: 30_000,
      maxSessionMs: 0,
      allowedOrigins: [],
      authToken: undefined,
    },
    pipeline: {
      inputSize: undefined,
      precision: "auto",
      workers: undefined,
      threads: undefined,
      device: "auto",
      model: "yolov8n",
      licence: "any",
      modelMemoryBytes: undefined,
      confidence: 0.25,
      iou: 0.45,
      ocrIntervalMs: undefined,
      directory: undefined,
      textModel: "PP-OCRv6_small",
      textPrecision: "auto",
      tracking: true,
    },
    video: {
      dataDirectory: "./data",
      maxUploadBytes: 524_288_000,
      workers: 1,
      reserveBytes: 536_870_912,
    },
    camera: { file: undefined, idleGraceMs: 30_000 },
    events: {
      maxEvents: 10_000,
      maxAgeMs: 1_209_600_000,
      webhook: undefined,
      mqtt: undefined,
    },
  });
});

Deno.test("parseConfig reads values, with space around them, and takes empty ones as unset", () => {
  const config = parseConfig({
    PORT: " 9000 ",
    STREAM_MAX_FRAME_SIZE_MB: "0.5",
    STREAM_MAX_SESSIONS: "10",
    STREAM_ALLOWED_ORIGINS: "https://example.com, http://localhost:3000/",
    STREAM_AUTH_TOKEN: "",
    ALLOWED_HOSTS: "Vision.example.com., fd00::7",
    PIPELINE_INPUT_SIZE: "640x480",
    VIDEO_MAX_UPLOAD_MB: "1.5",
    VIDEO_WORKERS: "2",
    DISK_RESERVE_MB: "0",
    DATA_DIR: "/var/lib/livesyte",
    LOG_FORMAT: "",
  }, { terminal: true });
  expect(config.port).toBe(9000);
  expect(config.stream.maxFrameBytes).toBe(524_288);
  expect(config.stream.maxSessions).toBe(10);
  expect(config.stream.allowedOrigins).toEqual(["https://example.com", "http://localhost:3000"]);
  expect(config.stream.authToken).toBeUndefined();
  expect(config.allowedHosts).toEqual(["vision.example.com", "[fd00::7]"]);
  expect(config.pipeline.inputSize).toEqual({ width: 640, height: 480 });
  expect(config.video).toEqual({
    dataDirectory: "/var/lib/livesyte",
    maxUploadBytes: 1_572_864,
    workers: 2,
    reserveBytes: 0,
  });
  expect(config.logFormat).toBe("pretty");
});

Deno.test("parseConfig names the variable, what is allowed and the value of a malformed one", () => {
  const malformed: Record<string, string[]> = {
    PORT: ["abc", "-1", "65536", "80.5", "0x10", "1e3"],
    ALLOWED_HOSTS: ["*", "https://a.example", "a.example:8000", "a.example,b/c"],
    BASE_PATH: ["vision", "/a b", "//a", "/a/../b", "https://a.example/b", "/a?b"],
    STREAM_DROP_THRESHOLD: ["abc", "1.1", "-0.1", "NaN"],
    STREAM_SLOWDOWN_THRESHOLD: ["2", "0.05"],
    STREAM_MAX_FRAME_SIZE_MB: ["0", "five", "0.0000001", "9".repeat(400)],
    STREAM_MAX_FRAME_PIXELS: ["0", "1.5"],
    STREAM_MEMORY_BUDGET_MB: ["0", "all", "0.0000001", "4.9"],
    STREAM_MAX_SESSIONS: ["0", "many"],
    STREAM_IDLE_TIMEOUT_S: ["-1", "soon", "99999999"],
    STREAM_MAX_SESSION_S: ["-1"],
    STREAM_ALLOWED_ORIGINS: ["example.com", "https://example.com/path", "https://a.example,*"],
    PIPELINE_INPUT_SIZE: ["640", "500x384", "640x0", "x", "6400x64"],
    PIPELINE_WORKERS: ["0", "two"],
    PIPELINE_THREADS: ["0"],
    PIPELINE_DEVICE: ["gpu", "CUDA", "webgpu,cpu"],
    VIDEO_MAX_UPLOAD_MB: ["0", "-5", "big", "0.0000001"],
    VIDEO_WORKERS: ["0", "17", "1.5"],
    DISK_RESERVE_MB: ["-1", "some"],
    MAX_CONNECTIONS: ["0", "-1", "all"],
    MAX_CONNECTIONS_PER_ADDRESS: ["0", "1.5"],
    TLS: ["on", "yes"],
    YOLO_CONFIDENCE: ["1.5"],
    YOLO_IOU: ["-1"],
    OCR_MODEL: ["PP-OCRv5", "ch_pp-ocrv4"],
    OCR_PRECISION: ["int8", "FP32"],
    OCR_INTERVAL_MS: ["-1", "often"],
    STREAM_TRACKING: ["yes"],
    NATS_URL: ["http://127.0.0.1:4222", "nats://", "a b", "nats://a:1,ws://b"],
    CLUSTER_NAME: ["a.b", "a b", "*", "x".repeat(33)],
    EVENTS_MAX: ["0", "1.5", "all", "100001"],
    EVENTS_MAX_DAYS: ["0", "-1", "for ever"],
    EVENT_WEBHOOK_URL: ["example.com", "ftp://a/", "http://", "http://a:b:c", "http://%ff@a/"],
    MQTT_URL: ["a:1883", "http://a/", "mqtt://", "mqtt:a", "mqtts://%ff@a"],
    MQTT_DISCOVERY: ["off", "2"],
    LOG_LEVEL: ["loud"],
    LOG_FORMAT: ["xml"],
  };
  for (const [name, values] of Object.entries(malformed)) {
    for (const value of values) {
      const parse = () => parseConfig({ [name]: value });
      expect(parse).toThrow(ConfigError);
      expect(parse).toThrow(new RegExp(`^Cannot parse ${name}: expected [^\n]+, got "[^\n]+"$`));
    }
  }
});

Deno.test("parseConfig takes TLS by files or a certificate of our own making, and not by halves", () => {
  const tlsOf = (variables: Record<string, string>) => parseConfig(variables).front.tls;
  expect(tlsOf({ TLS: "off" })).toBe(undefined);
  expect(tlsOf({ TLS: "self-signed" })).toBe("self-signed");
  const files = { TLS_CERT: "/a.pem", TLS_KEY: "/b.pem" };
  expect(tlsOf(files)).toEqual({ certPath: "/a.pem", keyPath: "/b.pem" });
  expect(() => tlsOf({ TLS_CERT: "/a.pem" })).toThrow("Cannot use TLS_CERT without TLS_KEY");
  expect(() => tlsOf({ TLS_KEY: "/b.pem" })).toThrow("Cannot use TLS_KEY without TLS_CERT");
  expect(() => tlsOf({ ...files, TLS: "self-signed" })).toThrow(
    'Cannot parse TLS: expected off where TLS_CERT or TLS_KEY is set, got "self-signed"',
  );
});

Deno.test("LICENCE=permissive changes the default detector, and no other that is named", () => {
  const pipelineOf = (variables: Record<string, string>) => parseConfig(variables).pipeline;
  expect(pipelineOf({ LICENCE: "permissive" })).toMatchObject({
    licence: "permissive",
    model: "yolox_nano",
  });
  expect(pipelineOf({ LICENCE: "permissive", YOLO_MODEL: "mine" }).model).toBe("mine");
  expect(() => pipelineOf({ LICENCE: "mit" })).toThrow(
    'Cannot parse LICENCE: expected one of any, permissive, got "mit"',
  );
});

Deno.test("NATS_URL names servers, and PIPELINE_WORKERS may be 0 with it", () => {
  const { cluster, pipeline } = parseConfig({
    NATS_URL: "10.0.0.1, tls://user:secret@nats.example.com:4443",
    NATS_CREDS: "/etc/livesyte.creds",
    CLUSTER_NAME: "north-2",
    PIPELINE_WORKERS: "0",
  });
  expect(cluster?.urls.map(({ href }) => href))
    .toEqual(["nats://10.0.0.1", "tls://user:secret@nats.example.com:4443"]);
  expect(cluster).toMatchObject({ credentials: "/etc/livesyte.creds", name: "north-2" });
  expect(pipeline.workers).toBe(0);
  expect(parseConfig({ NATS_URL: "nats://a" }).cluster?.name).toBe("default");
});

Deno.test("the error for a malformed NATS_URL holds no secret", () => {
  const parse = () => parseConfig({ NATS_URL: "http://user:secret@a.example" });
  expect(parse).toThrow(/got "http:\/\/…@a\.example"$/);
  expect(parse).not.toThrow(/secret/);
});

Deno.test("events are sent to a webhook and a broker, whose settings belong together", () => {
  const { events } = parseConfig({
    EVENTS_MAX: "500",
    EVENTS_MAX_DAYS: "0.5",
    EVENT_WEBHOOK_URL: "https://user:secret@hooks.example/a?b",
    EVENT_WEBHOOK_SECRET: "hush",
    MQTT_URL: "mqtts://broker.example:8883",
    MQTT_DISCOVERY: "0",
  });
  expect(events).toMatchObject({ maxEvents: 500, maxAgeMs: 43_200_000 });
  expect(events.webhook?.url.href).toBe("https://user:secret@hooks.example/a?b");
  expect(events.webhook?.secret).toBe("hush");
  expect(events.mqtt?.url.href).toBe("mqtts://broker.example:8883");
  expect(events.mqtt?.discovery).toBe(false);
  expect(parseConfig({ MQTT_URL: "ws://a" }).events.mqtt?.discovery).toBe(true);
  expect(() => parseConfig({ EVENT_WEBHOOK_SECRET: "hush" }))
    .toThrow("Cannot use EVENT_WEBHOOK_SECRET without EVENT_WEBHOOK_URL");
});

Deno.test("the errors for malformed addresses of receivers hold no secret", () => {
  for (const name of ["EVENT_WEBHOOK_URL", "MQTT_URL"]) {
    for (const value of ["ftp://user:hush@a/hush?hush", "user:hush@a", "http//hush"]) {
      const parse = () => parseConfig({ [name]: value });
      expect(parse).toThrow(new RegExp(`^Cannot parse ${name}: expected an address with a host`));
      expect(parse).not.toThrow(/hush/);
    }
  }
});

Deno.test("MODEL_MEMORY_MB is for all workers together", () => {
  expect(parseConfig({ MODEL_MEMORY_MB: "300" }).pipeline.modelMemoryBytes).toBe(300 * 1_048_576);
  expect(() => parseConfig({ MODEL_MEMORY_MB: "0" })).toThrow("Cannot parse MODEL_MEMORY_MB");
});
