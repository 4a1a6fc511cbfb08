/** The rules with which the server is to look at the next video. */

/** Where rules come from. */
export type RulesSource = "none" | "file" | "set";

/** The rules for the next video, as far as they are chosen. */
export interface RulesChoice {
  /** Where they come from. */
  source: RulesSource;
  /** What is sent: a list as JSON, or the name of a set; empty while there is none. */
  text: string;
  /** Name of the person's file; empty for others. */
  fileName: string;
  /** What is wrong with the file, or missing; empty where nothing is. */
  problem: string;
}

/** Without rules. */
export const NO_RULES: RulesChoice = { source: "none", text: "", fileName: "", problem: "" };

/** Bytes of a file of rules at the most: what the server takes of one part of a form. */
const MOST_BYTES = 262_144;

/** Whether a video can be sent: rules that are wanted are there. */
export function isComplete({ source, text }: RulesChoice): boolean {
  return source === "none" || text !== "";
}

/** Takes the rules of a file; the server looks at each of them when they are sent. */
export async function readRulesFile(file: File): Promise<RulesChoice> {
  const choice: RulesChoice = { source: "file", text: "", fileName: file.name, problem: "" };
  if (file.size > MOST_BYTES) {
    return { ...choice, problem: "The file is too large for a list of rules." };
  }
  let text: string;
  let rules: unknown;
  try {
    text = await file.text();
    rules = JSON.parse(text);
  } catch {
    return { ...choice, problem: "The file is not JSON." };
  }
  return Array.isArray(rules)
    ? { ...choice, text }
    : { ...choice, problem: "The file has to hold a list of rules: [ … ]." };
}

/** What there is to know about the choice. */
export function describeRules({ source, text, problem }: RulesChoice): string {
  if (problem !== "") return problem;
  if (source === "set") return "As RULES_FILE of the server calls it.";
  if (text === "") return "A list of rules as JSON.";
  const { length } = JSON.parse(text);
  return length === 1 ? "1 rule" : `${length} rules`;
}
