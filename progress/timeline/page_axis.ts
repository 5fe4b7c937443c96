/** Marks at round times above the tracks. */
const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** Marks at round times, about eight of them. */
export function ticks(duration: number): string {
  if (duration <= 0) return "";
  const step = tickStep(duration);
  let html = "";
  // Near the right edge there is no room for the text.
  for (let at = 0; at < duration * 0.92; at += step) {
    const text = duration < SECOND ? `${Math.round(at)} ms` : clock(at);
    html += `<span style="--l:${(at / duration * 100).toFixed(3)}">${text}</span>`;
  }
  return html;
}

/**
 * Milliseconds from one mark to the next: 1, 2 or 5 times a power of ten; from 10 s on, a part of a
 * minute or an hour.
 */
export function tickStep(duration: number): number {
  const atLeast = duration / 8;
  const long = [10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600].map((seconds) => seconds * SECOND);
  if (atLeast > 5 * SECOND) {
    return long.find((step) => step >= atLeast) ?? Math.ceil(atLeast / 3600e3) * 3600e3;
  }
  const power = 10 ** Math.floor(Math.log10(Math.max(atLeast, 1)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= atLeast)!;
}

/** `5 s`, `2:30`. */
function clock(ms: number): string {
  if (ms < MINUTE) return `${ms / SECOND} s`;
  const seconds = Math.round(ms / SECOND);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
