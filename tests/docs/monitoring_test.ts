import { expect } from "expect";
import { isMissing } from "../needs.ts";
import "../../lib/cluster/cluster_metrics.ts";
import "../../lib/telemetry/event_loop_lag.ts";
import { metricsRegistry } from "../../lib/telemetry/metrics.ts";

const DOCS = new URL("../../docs/", import.meta.url);

/** Names of the samples of every metric, with those that make up histograms. */
async function sampleNames(): Promise<string[]> {
  const metrics = await metricsRegistry.getMetricsAsJSON();
  return metrics.flatMap(({ name }) => ["", "_bucket", "_count", "_sum"].map((end) => name + end));
}

/** Names in a text that look like samples of this server. */
function namesIn(text: string): string[] {
  return text.match(/\b(?:stream|pipeline|cluster|events?|video|process)_\w+(?=[{[ )]|$)/gm) ??
    [];
}

function expressionsOf(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "expr" ? [String(inner)] : expressionsOf(inner)
  );
}

Deno.test("the dashboard asks for metrics that there are", async () => {
  const dashboard = JSON.parse(await Deno.readTextFile(new URL("grafana.json", DOCS)));
  const expressions = expressionsOf(dashboard);
  expect(expressions.length).toBeGreaterThan(15);
  const known = await sampleNames();
  for (const expression of expressions) {
    expect(namesIn(expression)).not.toEqual([]);
    expect(known).toEqual(expect.arrayContaining(namesIn(expression)));
  }
});

Deno.test("the alert rules ask for metrics that there are, and tell what to do", async () => {
  const rules = (await Deno.readTextFile(new URL("alerts.yml", DOCS))).split("- alert: ").slice(1);
  expect(rules.map((rule) => rule.split("\n")[0])).toEqual([
    "LivesyteDown",
    "LivesyteNoWorkers",
    "LivesyteClusterAlone",
    "LivesyteClusterFailovers",
    "LivesyteClusterSlow",
    "LivesyteJobTakeovers",
    "LivesyteWorkerRestarts",
    "LivesyteDropRate",
    "LivesyteSlowFrames",
    "LivesyteEventLoopLag",
    "LivesyteStuckJobs",
    "LivesytePipelineFailures",
    "LivesyteEventsHeld",
    "LivesyteEventsLost",
  ]);
  const known = await sampleNames();
  for (const rule of rules) {
    for (const part of ["expr:", "severity:", "summary:", "description:"]) {
      expect(rule).toContain(part);
    }
    const expression = rule.slice(rule.indexOf("expr:"), rule.indexOf("labels:"));
    expect(known).toEqual(expect.arrayContaining(namesIn(expression)));
  }
});

Deno.test({
  name: "Prometheus takes the alert rules",
  ignore: isMissing("promtool"),
  async fn() {
    const path = new URL("alerts.yml", DOCS).pathname;
    const { code, stderr } = await new Deno.Command("promtool", { args: ["check", "rules", path] })
      .output();
    expect([code, new TextDecoder().decode(stderr)]).toEqual([0, ""]);
  },
});
