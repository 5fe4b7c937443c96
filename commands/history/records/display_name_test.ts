import { equal } from "node:assert/strict";
import { BuildHistoryRecord, Exporter } from "../../../proto/gen/control.ts";
import { messageOf } from "../../../proto/message_of.ts";
import { displayName, failureText, resultText } from "./display_name.ts";

function record(
  FrontendAttrs: Record<string, string>,
  names: string,
  ExporterResponse: Record<string, string> = {},
) {
  const Exporters = names === "none"
    ? []
    : [messageOf(Exporter, { Type: "image", Attrs: names === "" ? {} : { name: names } })];
  return messageOf(BuildHistoryRecord, { Ref: "r", FrontendAttrs, Exporters, ExporterResponse });
}

const file = { filename: "Dockerfile" };

Deno.test("displayName() names a build without a note by its image, target or Dockerfile", () => {
  equal(displayName(record(file, "a/b:1,a/b:2"), undefined), "a/b:1");
  equal(displayName(record({ ...file, target: "app" }, "a/b:1"), undefined), "a/b:1 (app)");
  equal(displayName(record({ ...file, target: "app" }, "none"), undefined), "app");
  equal(displayName(record(file, "none"), undefined), "Dockerfile");
  equal(displayName(record({ filename: "Other" }, "x:1"), undefined), "x:1 (Other)");
  equal(displayName(record({}, "none"), undefined), "");
  const given = { ...file, "build-arg:BUILDKIT_BUILD_NAME": "mine" };
  equal(displayName(record(given, "x:1"), undefined), "mine");
  const state = { Target: "", LocalPath: "/w/app", DockerfilePath: "" };
  equal(displayName(record(file, "x:1"), state), "app");
});

Deno.test("resultText() names what was built", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  const answers = { "containerimage.digest": digest };
  equal(resultText(record(file, "a/b:1", answers)), "a/b:1 sha256:aaaaaaaaaaaa");
  equal(resultText(record(file, "", { "image.name": "c:2" })), "c:2");
  equal(resultText(record(file, "")), "image");
  equal(resultText(record(file, "none")), "");
});

Deno.test("failureText() puts the exit code first", () => {
  const message = 'process "/bin/sh -c a \\"b\\"\nc" did not complete successfully: exit code: 4';
  equal(failureText(message), 'exit code: 4: /bin/sh -c a \\"b\\"\nc');
  equal(failureText("no such stage"), "no such stage");
});
