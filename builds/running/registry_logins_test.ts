import { deepEqual, equal, throws } from "node:assert/strict";
import type { PreparedBuild } from "../prepare.ts";
import { limitLogins, loginRule, registriesIn } from "./registry_logins.ts";

Deno.test("registriesIn() finds the registries that a text names", () => {
  const table: [text: string, hosts: string[]][] = [
    ["FROM alpine", ["docker.io"]],
    ["from --platform=linux/amd64 library/alpine:3 AS a", ["docker.io"]],
    ["FROM ghcr.io/a/b:1", ["ghcr.io"]],
    ["FROM localhost/a", ["localhost"]],
    ["FROM localhost:5000/a", ["localhost:5000"]],
    ["FROM docker.io/a", ["docker.io"]],
    ["FROM $BASE\nbase=quay.io/x/y", ["quay.io", "docker.io"]],
    ["RUN --mount=from=a.example/x,target=/x", ["a.example"]],
    ["COPY --from=user/app /a /b", ["docker.io"]],
    ["# syntax=docker/dockerfile:1", ["docker.io"]],
    ["name=user/app:1,b.example/x:2", ["docker.io", "b.example"]],
    ["ref=c.example:5000/cache", ["c.example:5000"]],
    ["context:x=docker-image://d.example/x@sha256:00", ["d.example"]],
    ["context:x=docker-image://busybox", ["docker.io"]],
    ["RUN make", []],
  ];
  for (const [text, hosts] of table) {
    const found = registriesIn(text);
    for (const host of hosts) equal(found.has(host), true, `${text}: ${[...found]}`);
    if (!hosts.includes("docker.io")) equal(found.has("docker.io"), false, text);
  }
});

Deno.test("--registry-logins limits logins, and says which were held back", async () => {
  const asked: string[] = [];
  const source = {
    lookup(host: string) {
      asked.push(host);
      return Promise.resolve({ username: "u", secret: "s" });
    },
    has: () => Promise.resolve(true),
  };
  const build = {
    options: { exporters: [{ type: "image", attrs: { name: "a.example/x" } }] },
    inputs: { attrs: {}, mounts: new Map(), filename: "Dockerfile" },
  } as unknown as PreparedBuild;
  const hosts = ["a.example", "b.example", "registry-1.docker.io"];
  const table: [value: string, allowed: string[]][] = [
    ["all", hosts],
    ["named", ["a.example"]],
    ["none", []],
    ["b.example, docker.io", ["b.example", "registry-1.docker.io"]],
  ];
  for (const [value, allowed] of table) {
    const refused: string[] = [];
    const limited = limitLogins(source, loginRule(value), [build], (host) => refused.push(host));
    asked.length = 0;
    for (const host of hosts) {
      equal(await limited.lookup(host) !== undefined, allowed.includes(host), `${value}: ${host}`);
      equal(await limited.has(host), allowed.includes(host));
    }
    deepEqual(asked, allowed, value);
    deepEqual(refused, hosts.filter((host) => !allowed.includes(host)), value);
  }
  for (const value of ["", "a b", "a/b", "https://a.example"]) {
    throws(() => loginRule(value), /^UsageError: invalid value of --registry-logins/);
  }
});
