/** Go's `html`, `js` and `urlquery`: a text made safe for a page, a script, an address. */

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
  "\0": "\ufffd",
};

export function htmlText(text: string): string {
  return text.replace(/[&<>"'\0]/g, (character) => entities[character]!);
}

export function jsText(text: string): string {
  return text.replace(/[\\'"]/g, "\\$&").replace(
    // deno-lint-ignore no-control-regex
    /[\0-\x1f<>&=]|(?=[^\0-\x7f])[^\p{L}\p{M}\p{N}\p{P}\p{S}]/gu,
    (character) => `\\u${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`,
  );
}

export function urlText(text: string): string {
  return encodeURIComponent(text).replace(/%20/g, "+").replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
