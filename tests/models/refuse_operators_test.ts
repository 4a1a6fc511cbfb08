import { expect } from "expect";
import { refuseOperators } from "../../lib/models/refuse_operators.ts";
import { UnknownHeadError } from "../../lib/onnx/errors.ts";
import { operation } from "../../lib/onnx/onnx_nodes.ts";
import { yolov8Export } from "../detection/exports/yolov8_exports.ts";

for (
  const [operator, domain, because] of [
    ["Loop", "", "its boxes depend on control flow (Loop)"],
    ["Swoosh", "my.company", "it has the custom operator my.company.Swoosh"],
  ] as const
) {
  Deno.test(`${operator} is refused where outputs depend on it, and nowhere else`, () => {
    const model = yolov8Export();
    const outputs = model.graph.output.map(({ name }) => name);
    model.graph.node.push({ ...operation(operator, outputs, "behind"), domain });
    refuseOperators(model, outputs);
    expect(() => refuseOperators(model, ["behind"])).toThrow(UnknownHeadError);
    expect(() => refuseOperators(model, ["behind"])).toThrow(because);
    model.functions = [{ name: operator, domain: "my.company" }];
    if (domain !== "") refuseOperators(model, ["behind"]);
  });
}
