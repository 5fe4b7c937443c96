import type { StoredNode } from "../../builders/store/node_group.ts";
import type { Finding } from "./finding.ts";
import { hintOf } from "../../cli/report.ts";
import { problemOf } from "./print.ts";

/** A node with the results of its steps. */
export interface Examined {
  readonly node: Pick<StoredNode, "name">;
  readonly findings: readonly Finding[];
}

/** The result of all steps as one sentence. The first failure is named. */
export function verdictOf(examined: readonly Examined[]): string {
  const bad = examined.filter(({ findings }) => failureOf(findings) !== undefined);
  const warnings = examined.flatMap(({ findings }) => findings)
    .filter(({ status }) => status === "warning").length;
  const noted = warnings === 0 ? "" : `, with ${warnings} warning${warnings === 1 ? "" : "s"}`;
  const several = examined.length > 1;
  if (bad.length === 0) {
    return several
      ? `all ${examined.length} daemons can be used${noted}`
      : `the daemon can be used${noted}`;
  }
  const { node, findings } = bad[0]!;
  const first = reasonOf(findings);
  if (!several) return `the daemon can't be used: ${first}`;
  return `${bad.length} of ${examined.length} daemons can't be used; the first is ${node.name}: ${first}`;
}

/** Why a daemon can't be used: what its driver knows of it, or else the step that failed. */
function reasonOf(findings: readonly Finding[]): string {
  const { step, text, error } = failureOf(findings)!;
  const made = findings.find(({ step }) => step === "container" || step === "pods");
  if (made?.why !== undefined) return made.why;
  const problem = error === undefined ? text : problemOf(error).split("\n")[0];
  const remedy = made === undefined ? undefined : hintOf(error);
  return `${step} failed: ${problem}${remedy === undefined ? "" : `; ${remedy}`}`;
}

function failureOf(findings: readonly Finding[]): Finding | undefined {
  return findings.find(({ status }) => status === "failed");
}
