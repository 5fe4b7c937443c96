import { escape } from "./page_text.ts";
import { pageStyle } from "./page_style.ts";

export interface PageDocument {
  /** Plain text. */
  readonly title: string;
  /** HTML. */
  readonly body: string;
  /** The one script of the page; absent for a page without. */
  readonly script?: string;
  /** The page may ask the server that it comes from; else it loads nothing at all. */
  readonly isServed?: boolean;
}

/**
 * A page in one file. Its policy allows its own style and the one script, whose hash it names, and nothing
 * else: a text of a daemon that became markup could run nothing and load nothing.
 */
export async function htmlDocument(
  { title, body, script, isServed }: PageDocument,
): Promise<string> {
  const policy = await contentPolicy(script, isServed ?? false);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="fairlead">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escape(title)}</title>
<style>${pageStyle}</style>
</head>
<body>
${body}
${script === undefined ? "" : `<script>${script}</script>\n`}</body>
</html>
`;
}

/** The value of the `Content-Security-Policy` header. */
export async function contentPolicy(
  script: string | undefined,
  isServed: boolean,
): Promise<string> {
  const parts = ["default-src 'none'", "style-src 'unsafe-inline'", "base-uri 'none'"];
  if (script !== undefined) {
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(script));
    parts.push(`script-src 'sha256-${new Uint8Array(hash).toBase64()}'`);
  }
  parts.push(isServed ? "connect-src 'self'; form-action 'self'" : "form-action 'none'");
  return parts.join("; ");
}
