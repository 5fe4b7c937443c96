import { pageScript, pageScriptHash } from "./page_script.ts";
import { pageStyle } from "./page_style.ts";
import { escape } from "./page_text.ts";

export interface PageDocument {
  /** Plain text. */
  readonly title: string;
  /** HTML. */
  readonly body: string;
  /** The page may ask the server that it comes from; else it loads nothing at all. */
  readonly isServed?: boolean;
}

/**
 * A page in one file. Its policy allows its own style, the one script by its hash, and nothing
 * else. So a text of a daemon that became markup could run and load nothing. Without scripts, the
 * page shows the same steps, and lacks only search, order, groups and zoom.
 */
export function htmlDocument({ title, body, isServed = false }: PageDocument): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="fairlead">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy(isServed)}">
<title>${escape(title)}</title>
<style>${pageStyle}</style>
</head>
<body>
${body}
<script>${pageScript}</script>
</body>
</html>
`;
}

/** The value of a `Content-Security-Policy` header for our pages. */
export function contentPolicy(isServed: boolean): string {
  return [
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    `script-src '${pageScriptHash}'`,
    "base-uri 'none'",
    ...isServed ? ["connect-src 'self'", "form-action 'self'"] : ["form-action 'none'"],
  ].join("; ");
}
