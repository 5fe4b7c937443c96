/** Short requests to servers of tokens and to registries, with limits of time and size. */
import { joinStream } from "../../../base/bytes.ts";
import { innermostText } from "../../../base/error_text.ts";

/** The time limit, in milliseconds: before the daemon's 60 s, so that it receives the reason. */
const TIMEOUT = 50_000;
/** Bytes of an answer that are read. */
const LARGEST = 1 << 20;

/** An answer, read whole. */
export interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly text: string;
}

/** Options of requests. */
interface WebOptions {
  readonly signal: AbortSignal;
  /** Certificates of authorities (PEM) besides the system's. */
  readonly ca?: readonly string[];
  /** Makes the error of a request that got no answer. */
  readonly failure: (reason: string) => Error;
}

/** Makes requests until it is disposed of. */
interface Web extends Disposable {
  /** Rejects with the signal's reason, or with the error of `failure`. */
  ask(url: URL, init: RequestInit): Promise<Answer>;
}

/** Opens nothing yet. All requests together take 50 s at most. */
export function openWeb({ signal, ca = [], failure }: WebOptions): Web {
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new DOMException(`no answer within ${TIMEOUT / 1000} s`, "TimeoutError")),
    TIMEOUT,
  );
  const either = AbortSignal.any([signal, late.signal]);
  let client: Deno.HttpClient | undefined;

  async function ask(url: URL, init: RequestInit): Promise<Answer> {
    try {
      const response = await fetch(url, {
        ...init,
        headers: { ...init.headers as Record<string, string>, "user-agent": "fairlead" },
        signal: either,
        ...client && { client },
      });
      const { status, statusText, headers } = response;
      return { status, statusText, headers, text: await readText(response) };
    } catch (error) {
      signal.throwIfAborted();
      const reason = innermostReason(error);
      if (client === undefined && /UnknownIssuer/.test(reason)) {
        const { httpsClient } = await import("./https_client.ts");
        client = await httpsClient({ ca });
        return await ask(url, init);
      }
      throw failure(reason);
    }
  }

  return {
    ask,
    [Symbol.dispose]() {
      clearTimeout(timer);
      client?.close();
    },
  };
}

/** The body as text. Throws for one that is larger than {@link LARGEST}. */
async function readText({ body }: Response): Promise<string> {
  if (body === null) return "";
  const bytes = await joinStream(body, LARGEST);
  if (bytes === undefined) throw new Error("its answer is larger than 1 MiB");
  return new TextDecoder().decode(bytes);
}

/**
 * The reason in the innermost cause. The URL before it is cut off, because it may hold a secret.
 */
export function innermostReason(error: unknown): string {
  return innermostText(error).replace(/^.*?for url \(.*\): (?=client error)/, "").replace(
    / \(os error \d+\)/,
    "",
  );
}
