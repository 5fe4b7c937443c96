import { UsageError } from "../../base/usage_error.ts";
import { quote } from "../../base/go/quote.ts";

/** A name or an address that a certificate holds for. */
export interface Host {
  readonly text: string;
  /** 4 or 16 bytes; undefined for a name. */
  readonly address?: Uint8Array;
}

const label = "[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?";
const name = new RegExp(`^(?:\\*\\.)?${label}(?:\\.${label})*$`);

/** Reads `build.example.com`, `*.example.com`, `10.0.0.1`, `::1`. Throws `UsageError`. */
export function parseHost(text: string): Host {
  const bare = text.replace(/^\[(.*)\]$/, "$1");
  const address = /^[\d.]+$/.test(bare) ? ipv4(bare) : bare.includes(":") ? ipv6(bare) : undefined;
  if (address !== undefined) return { text: bare, address };
  if (name.test(text) && text.length <= 253 && !/^[\d.]+$/.test(text)) return { text };
  throw new UsageError(
    `${quote(text)} is no host`,
    "give names and addresses without scheme and port: --host build.example.com,10.0.0.1",
  );
}

function ipv4(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  const bytes = parts.map(Number);
  const right = parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part)) &&
    bytes.every((byte) => byte < 256);
  return right ? new Uint8Array(bytes) : undefined;
}

function ipv6(text: string): Uint8Array | undefined {
  // The URL parser knows all ways to write one, and gives the shortest.
  const host = URL.parse(`http://[${text}]/`)?.hostname.slice(1, -1);
  if (host === undefined) return undefined;
  const [left = [], right = []] = host.split("::").map((half) => half.split(":").filter(Boolean));
  const zeros = Array<string>(8 - left.length - right.length).fill("0");
  return new Uint8Array([...left, ...zeros, ...right].flatMap((group) => {
    const number = parseInt(group, 16);
    return [number >> 8, number & 0xff];
  }));
}
