import { expect } from "expect";
import fc from "fast-check";
import type { Detection } from "../../lib/protocol/detection.ts";
import type { TextBlock } from "../../lib/protocol/text_block.ts";
import type { ResultsPage } from "../../lib/protocol/video_results.ts";
import { JobNotFoundError } from "../../lib/video/errors.ts";
import { JobStore } from "../../lib/video/jobs/job_store.ts";
import { escapeCsv, formatCsvRows } from "../../lib/protocol/results_csv.ts";
import {
  exportCsv,
  exportJsonl,
  exportPage,
  type PageRange,
} from "../../lib/video/results_export.ts";
import { emptyResult, frameResults } from "./results.ts";
import { temporaryDirectory } from "./temporary_directory.ts";

const DOG: Detection = {
  label: "dog",
  class_id: 16,
  confidence: 0.934,
  bbox: [131, 218, 178, 322],
};
const CSV_FIRST_LINE = "frame_index,timestamp_ms,kind,label,text,confidence,x,y,width,height," +
  "mask,keypoints,polygon,classes\r\n";
const TEXT: TextBlock = {
  text: '=HYPERLINK("http://x", "y")',
  confidence: 0.9,
  polygon: [[1, 2], [31, 2], [31, 12], [1, 12]],
  bbox: [1, 2, 30, 10],
};

/** A store with one job that has so many empty results. */
async function openStore(results: number) {
  const directory = await temporaryDirectory();
  const store = await JobStore.open({ dataDirectory: directory.path });
  const { id } = await store.create({ pipelineId: "yolo_ocr", fileName: "walk.mp4", fileBytes: 1 });
  await store.updateStatus(id, "processing");
  await store.appendResults(id, frameResults(0, results));
  return {
    store,
    id,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

async function readPage(store: JobStore, id: string, range: Partial<PageRange> = {}) {
  const page = await exportPage(store, id, { offset: 0, limit: 100, ...range });
  return await new Response(page).json() as ResultsPage;
}

Deno.test("exportPage goes through all results without gap or overlap", async () => {
  await using opened = await openStore(250);
  const { store, id } = opened;
  const pages: ResultsPage[] = [];
  for (const offset of [0, 100, 200, 300]) pages.push(await readPage(store, id, { offset }));
  expect(pages.map(({ results }) => results.length)).toEqual([100, 100, 50, 0]);
  expect(pages.flatMap(({ results }) => results)).toEqual(frameResults(0, 250));
  expect(pages[1]).toMatchObject({ job_id: id, total: 250, offset: 100, limit: 100 });
});

Deno.test("exportPage gives a page of any size in one piece of JSON", async () => {
  await using opened = await openStore(0);
  const { store, id } = opened;
  const large = emptyResult({ text: "x".repeat(50_000) });
  const results = frameResults(0, 30).map((result) => ({ ...result, result: large }));
  await store.appendResults(id, results);
  expect((await readPage(store, id)).results).toEqual(results);
  expect((await readPage(store, id, { offset: 3, limit: 20 })).results)
    .toEqual(results.slice(3, 23));
});

Deno.test("exportPage refuses a page that cannot be", async () => {
  await using opened = await openStore(1);
  const { store, id } = opened;
  const refused = [{ offset: -1 }, { offset: 0.5 }, { limit: 0 }, { limit: 1001 }, { limit: NaN }];
  for (const page of refused) {
    await expect(readPage(store, id, page)).rejects.toThrow(RangeError);
  }
  await expect(readPage(store, "unknown")).rejects.toThrow(JobNotFoundError);
});

Deno.test("exportJsonl gives every result on a line of its own", async () => {
  for (const count of [0, 1, 100, 250]) {
    await using opened = await openStore(count);
    const text = await new Response(await exportJsonl(opened.store, opened.id)).text();
    const lines = text === "" ? [] : text.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(frameResults(0, count));
  }
});

Deno.test("exports refuse an unknown job before they begin", async () => {
  await using opened = await openStore(0);
  await expect(exportJsonl(opened.store, "unknown")).rejects.toThrow(JobNotFoundError);
  await expect(exportCsv(opened.store, "unknown")).rejects.toThrow(JobNotFoundError);
});

Deno.test("an export reads results as they are taken", async () => {
  await using opened = await openStore(0);
  const { store, id } = opened;
  const large = emptyResult({ text: "x".repeat(50_000) });
  await store.appendResults(
    id,
    frameResults(0, 100).map((result) => ({ ...result, result: large })),
  );
  let reads = 0;
  const read = store.results.read.bind(store.results);
  store.results.read = (...args) => {
    reads++;
    return read(...args);
  };
  const reader = (await exportJsonl(store, id)).getReader();
  await reader.read();
  await reader.read();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(reads).toBeLessThan(5);
  await reader.cancel();
});

Deno.test("exportCsv gives a row for each object and each text, without formulas", async () => {
  await using opened = await openStore(0);
  const { store, id } = opened;
  const result = emptyResult({ detections: [DOG], text_blocks: [TEXT], text: TEXT.text });
  await store.appendResults(id, [
    { frame_index: 0, timestamp_ms: 0, result: emptyResult() },
    { frame_index: 3, timestamp_ms: 120, result },
  ]);
  expect(await new Response(await exportCsv(store, id)).text()).toBe(
    CSV_FIRST_LINE +
      "3,120,object,dog,,0.934,131,218,178,322,,,,\r\n" +
      '3,120,text,,"\'=HYPERLINK(""http://x"", ""y"")",0.9,1,2,30,10,,,1 2 31 2 31 12 1 12,\r\n',
  );
});

Deno.test("exportCsv gives masks, keypoints, turned boxes and classes in columns of their own", async () => {
  await using opened = await openStore(0);
  const { store, id } = opened;
  const result = emptyResult({
    detections: [
      { ...DOG, mask: [[1, 2.5], [30, 4], [5, 60]] },
      { ...DOG, keypoints: [[1, 2.5, 0.9], [30, 4, 0.25]] },
      { ...DOG, polygon: [[-1, 2], [30, 4], [28, 40], [-3, 38]] },
      {
        ...DOG,
        classes: [
          { label: "beagle, English", class_id: 161, confidence: 0.75 },
          { label: "basset", class_id: 160, confidence: 0.125 },
        ],
      },
    ],
    classes: [{ label: "=park", class_id: 3, confidence: 0.5 }],
  });
  await store.appendResults(id, [{ frame_index: 3, timestamp_ms: 120, result }]);
  const dog = "3,120,object,dog,,0.934,131,218,178,322";
  expect(await new Response(await exportCsv(store, id)).text()).toBe(
    CSV_FIRST_LINE +
      `${dog},1 2.5 30 4 5 60,,,\r\n` +
      `${dog},,1 2.5 0.9 30 4 0.25,,\r\n` +
      `${dog},,,-1 2 30 4 28 40 -3 38,\r\n` +
      `${dog},,,,"beagle, English 0.75; basset 0.125"\r\n` +
      "3,120,class,'=park,,0.5,,,,,,,,\r\n",
  );
});

Deno.test("escapeCsv takes the edge off everything that spreadsheets compute", () => {
  for (const text of ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"]) {
    expect(escapeCsv(text).replace(/^"/, "").startsWith("'")).toBe(true);
  }
  for (const text of ["dog", "", "Gate 12 → C", "a=b", "1-2"]) expect(escapeCsv(text)).toBe(text);
});

Deno.test("formatCsvRows gives every column in one row for any text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const result = emptyResult({ text_blocks: [{ ...TEXT, text }] });
    const rows = parseCsv(formatCsvRows({ frame_index: 1, timestamp_ms: 40, result }));
    expect(rows.length).toBe(1);
    expect(rows[0]?.length).toBe(14);
    expect(rows[0]?.[4]?.replace(/^'/, "")).toBe(text.replace(/^'/, ""));
  }));
});

/** The fields of CSV as RFC 4180 has it. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  let row: string[] = [];
  for (let match = field.exec(text); match !== null; match = field.exec(text)) {
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    if (match[3] === "\r\n") rows.push(row), row = [];
  }
  return rows;
}
