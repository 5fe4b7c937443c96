import type { Client } from "../../buildkit/client.ts";
import { clientOver } from "../../buildkit/connect.ts";
import { wantsTls } from "../../transports/dial.ts";
import { noticingTls } from "../../transports/tls/unasked_tls.ts";
import type { Handshake, TlsFiles } from "../../transports/tls/tls.ts";
import { DialError } from "../../transports/errors.ts";
import type { Connection, DialStep } from "../../transports/transport.ts";
import {
  connectionContext,
  type Examination,
  failure,
  type Finding,
  LABELS,
  take,
} from "./finding.ts";
import { tlsFilesText, tlsLines } from "./tls_lines.ts";

/**
 * Dials, with each step that the transport reports, and then checks TLS. Returns a client before
 * its first call; undefined if a step failed.
 */
export async function* connection(
  way: Examination,
): AsyncGenerator<Finding, Client | undefined> {
  const transport = way.registry.find(way.endpoint);
  const spec = transport.parse(way.endpoint);
  const shown = transport.describe(spec);
  let files: TlsFiles | undefined;
  if (wantsTls(way.tls)) {
    const { loadTls } = await import("../../transports/tls/tls.ts");
    const context = connectionContext(way);
    const finding = await take("TLS", way, async () => {
      files = await loadTls(way.tls, shown, context);
      return { text: tlsFilesText(files) };
    });
    yield finding;
    if (files === undefined) return undefined;
  }

  const dialled = yield* dial(way);
  if (dialled === undefined) return undefined;
  if (files === undefined || dialled.secure) {
    if (files !== undefined || (!dialled.secure && transport.plaintext(spec))) {
      yield {
        step: "TLS",
        status: "warning",
        text: files === undefined
          ? "none: anyone on the network can read and change builds"
          : "the transport is already encrypted: the TLS options are not used",
        ...files === undefined && {
          hint: "give cacert, and cert and key if the daemon demands them; or use ssh://",
        },
      };
    }
    const { secure } = dialled;
    const noticing = secure || transport.tcp === undefined
      ? dialled
      : noticingTls(dialled, transport, spec, connectionContext(way));
    return clientOver(noticing, shown);
  }
  const host = files.servername ?? dialled.serverName ?? transport.host(spec).name;
  const over = yield* tls(dialled, { files, host, shown }, way);
  return over && clientOver({ ...over, authority: host, secure: true }, shown);
}

/** Yields each step under the transport's name for it; a dial that reports no steps is one step. */
async function* dial(way: Examination): AsyncGenerator<Finding, Connection | undefined> {
  const transport = way.registry.find(way.endpoint);
  const steps: { step: DialStep; detail: string; at: number }[] = [];
  const note = (step: DialStep, detail = "") => {
    const last = steps.at(-1);
    if (last?.step === step) last.detail = detail || last.detail;
    else steps.push({ step, detail, at: performance.now() });
  };
  const warnings: string[] = [];
  const began = performance.now();
  let dialled: Connection | undefined;
  let error: unknown;
  try {
    dialled = await transport.dial(transport.parse(way.endpoint), {
      ...connectionContext(way),
      step: note,
      warn: (line) => void warnings.push(line),
    });
  } catch (thrown) {
    way.deps.signal.throwIfAborted();
    error = thrown;
  }
  const end = performance.now();
  // The same call resolves a name and connects, so its time belongs to the connection.
  const own = steps.filter(({ step }, i) => step !== "resolve" || i < steps.length - 1);
  const failedAt = error instanceof DialError ? error.step : undefined;
  for (const [i, { step, detail, at }] of own.entries()) {
    const isLast = i === own.length - 1;
    if (error !== undefined && (isLast || step === failedAt)) break;
    const text = isLast ? dialled!.peer : detail;
    yield { step: LABELS[step], status: "ok", text, ms: (own[i + 1]?.at ?? end) - at };
  }
  for (const text of warnings) {
    yield { step: LABELS[steps.at(-1)?.step ?? "connect"], status: "warning", text };
  }
  if (error !== undefined) {
    yield failure("connect", error, { ms: end - (steps.at(-1)?.at ?? began) });
  } else if (own.length === 0) {
    yield { step: "connect", status: "ok", text: dialled!.peer, ms: end - began };
  }
  return dialled;
}

async function* tls(
  dialled: Connection,
  { files, host, shown }: { files: TlsFiles; host: string; shown: string },
  way: Examination,
): AsyncGenerator<Finding, Connection | undefined> {
  const { openTls } = await import("../../transports/tls/tls.ts");
  let handshake: Handshake | undefined;
  let stream: Connection["stream"] | undefined;
  const context = connectionContext(way);
  const transport = way.registry.find(way.endpoint);
  const finding = await take("TLS", way, async () => {
    const again = async () => (await transport.dial(transport.parse(way.endpoint), context)).stream;
    stream = await openTls(dialled.stream, again, files, host, shown, context, (agreed) => {
      handshake = agreed;
    });
    return await tlsLines(handshake!, host);
  }, async () => {
    // The user needs to see the certificates that were not accepted.
    if (handshake === undefined) return {};
    const { more, data } = await tlsLines(handshake, host);
    return { more, data };
  });
  yield finding;
  return stream && { ...dialled, stream };
}
