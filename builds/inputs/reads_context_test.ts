import assert from "node:assert/strict";
import { readsContext } from "./reads_context.ts";

/** @param lines separated by semicolons */
const reads = (lines: string, target = "") => readsContext(lines.replaceAll(";", "\n"), target);

Deno.test("a build that surely reads its context", () => {
  assert.ok(reads("FROM scratch; COPY . /"));
  assert.ok(reads('FROM scratch; copy --chown=1:1 --link ["a b", "/"]'));
  assert.ok(reads("from a as b; ADD x.tar /; FROM b"));
  assert.ok(reads("FROM a AS b; COPY x /; FROM c; COPY --from=b x /"));
  assert.ok(reads("FROM a AS b; COPY x /; FROM c; COPY --from=0 x /"));
  assert.ok(reads("FROM a AS B; COPY x /; FROM c", "b"));
  assert.ok(reads("FROM a; RUN --mount=target=/src make"));
  assert.ok(reads("FROM a AS b; COPY x /; FROM c; RUN --mount=type=bind,from=b,target=/b make"));
  assert.ok(reads("FROM a; COPY \\; # a comment;   x \\;   /y"));
  assert.ok(reads("# escape=`; FROM a; COPY x `;   /y"));
});

Deno.test("a build that may not read its context", () => {
  assert.ok(!reads(""));
  assert.ok(!reads("FROM scratch"));
  assert.ok(!reads("FROM scratch; ADD https://example.com/x /; ADD git@example.com:x.git /"));
  assert.ok(!reads("FROM scratch; COPY --from=named x /"));
  assert.ok(!reads("FROM a AS b; COPY x /; FROM c"));
  assert.ok(!reads("FROM a AS b; FROM c; COPY x /", "b"));
  assert.ok(!reads("FROM a AS b; COPY x /", "missing"));
  assert.ok(!reads("FROM a; RUN --mount=type=cache,target=/c make"));
  assert.ok(!reads("FROM a; RUN <<EOF; COPY x /;EOF"));
  assert.ok(!reads("FROM a; COPY <<EOF /x; text;EOF"));
  assert.ok(!reads("FROM a; RUN echo \\; COPY x"));
});
