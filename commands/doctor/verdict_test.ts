import { equal } from "node:assert/strict";
import type { Finding } from "./finding.ts";
import { verdictOf } from "./verdict.ts";

const ok: Finding = { step: "connect", status: "ok", text: "" };
const warning: Finding = { step: "TLS", status: "warning", text: "it expires tomorrow" };
const failed: Finding = { step: "TLS", status: "failed", text: "", error: new Error("no\nmore") };

Deno.test("the verdict counts the daemons that can be used, and names the first failure", () => {
  const of = (...all: Finding[][]) =>
    verdictOf(all.map((findings, at) => ({ node: { name: `n${at}` }, findings })));
  equal(of([ok]), "the daemon can be used");
  equal(of([ok, warning]), "the daemon can be used, with 1 warning");
  equal(of([ok], [ok]), "all 2 daemons can be used");
  equal(of([ok, failed]), "the daemon can't be used: TLS failed: no");
  equal(
    of([ok], [ok, failed], [failed]),
    "2 of 3 daemons can't be used; the first is n1: TLS failed: no",
  );

  const container: Finding = { step: "container", status: "warning", text: "has ended" };
  const told = { ...failed, error: Object.assign(new Error("no"), { hint: "start it" }) };
  equal(of([container, told]), "the daemon can't be used: TLS failed: no; start it");
  const why = "container a: it ended with exit code 1; see docker logs a";
  equal(of([{ ...container, why }, told]), `the daemon can't be used: ${why}`);
});
