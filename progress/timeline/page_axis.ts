/**
 * Marks at round times above the tracks. The page's script (`page_script.ts`) has the same rules,
 * for a part of the build that the reader zooms into: the text of the script is fixed by its hash.
 */
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Marks at round times, about eight of them. */
export function ticks(duration: number): string {
  if (duration <= 0) return "";
  const step = tickStep(duration);
  let html = "";
  // Near the right edge there is no room for the text.
  for (let at = 0; at < duration * 0.92; at += step) {
    html += `<span style="--l:${(at / duration * 100).toFixed(3)}">${markText(at)}</span>`;
  }
  return html;
}

/**
 * Milliseconds from one mark to the next: 1, 2 or 5 times a power of ten; from 10 s on, a part or
 * a number of minutes or hours.
 */
export function tickStep(duration: number): number {
  const atLeast = duration / 8;
  const long = [10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600]
    .map((seconds) => seconds * SECOND);
  if (atLeast > 5 * SECOND) {
    return long.find((step) => step >= atLeast) ?? Math.ceil(atLeast / (12 * HOUR)) * 12 * HOUR;
  }
  const power = 10 ** Math.floor(Math.log10(Math.max(atLeast, 1)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= atLeast)!;
}

/** `500ms`, `1.5s`, `2m`, `1h 30m`: the parts that aren't zero. */
function markText(ms: number): string {
  if (ms < SECOND) return ms === 0 ? "0s" : `${Math.round(ms)}ms`;
  const rest = ms % MINUTE;
  const [hours, minutes] = [Math.floor(ms / HOUR), Math.floor(ms / MINUTE) % 60];
  return [hours && `${hours}h`, minutes && `${minutes}m`, rest && `${+(rest / SECOND).toFixed(3)}s`]
    .filter(Boolean).join(" ");
}
