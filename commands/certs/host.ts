import { parseIp } from "../../base/ip.ts";
import { UsageError } from "../../base/usage_error.ts";
import { quote } from "../../base/go/quote.ts";

/** A name or an address that a certificate is valid for. */
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
  const address = parseIp(bare);
  if (address !== undefined) return { text: bare, address };
  if (name.test(text) && text.length <= 253 && !/^[\d.]+$/.test(text)) return { text };
  throw new UsageError(
    `${quote(text)} is not a valid host name or address`,
    "give names and addresses without scheme and port: --host build.example.com,10.0.0.1",
  );
}
