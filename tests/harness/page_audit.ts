/** Reads a page as a browser lays it out, and lists what a reader could not see, reach or read. */

/** Findings of {@link auditPage}; a page without faults has empty lists. */
export interface PageFaults {
  /** The page is wider than its window, by this many pixels. */
  readonly wider: number;
  /** Texts with a contrast below 4.5 to 1, and bars and edges below 3 to 1 (WCAG 2.2, level AA). */
  readonly faint: readonly string[];
  /** Texts that are cut and have no title to hover over. */
  readonly cut: readonly string[];
  /** Pairs of texts that lie on each other. */
  readonly overlapping: readonly string[];
  /** Elements without a visible mark when they have the focus. */
  readonly unmarked: readonly string[];
  /** Elements that come after one that stands lower on the page. */
  readonly outOfOrder: readonly string[];
  /** Controls and links without a name, elements that Tab leaves out, and IDs that occur twice. */
  readonly unnamed: readonly string[];
}

/** The source of a function of a frame's `window`, for `askPages`. */
export const auditPage = String.raw`(window) => {
  const { document } = window;
  const MOST = 250;
  // A browser measures rows that it skips by their placeholders.
  const whole = new window.CSSStyleSheet();
  whole.replaceSync("* { content-visibility: visible !important }");
  document.adoptedStyleSheets = [whole];
  for (const details of [...document.querySelectorAll("details")].slice(0, 12)) details.open = true;
  const say = (one, more = "") =>
    one.tagName.toLowerCase() + "." + one.className + " " + JSON.stringify((one.textContent || one.id).slice(0, 50)) + more;
  const style = (one) => window.getComputedStyle(one);
  const channels = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const light = (color) => {
    const [r, g, b] = channels(color).map((value) => value / 255)
      .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [low, high] = [light(a), light(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const isClear = (color) => channels(color)[3] === 0;
  const backOf = (one) => {
    for (; one; one = one.parentElement) {
      const color = style(one).backgroundColor;
      if (!isClear(color)) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const faint = new Set();
  const demand = (one, color, back, least) => {
    const ratio = contrast(color, back);
    if (ratio < least) faint.add(one.tagName + "." + one.className + " " + ratio.toFixed(2));
  };

  /** The part of a box that its ancestors let through. */
  const through = (box, one) => {
    let { left, right, top, bottom } = box;
    for (let at = one; at && at !== document.body; at = at.parentElement) {
      const { overflowX, overflowY } = style(at);
      if (overflowX === "visible" && overflowY === "visible") continue;
      const own = at.getBoundingClientRect();
      // What scrolls is cut nowhere.
      if (overflowX === "auto") return { left, right, top: Math.max(top, own.top), bottom: Math.min(bottom, own.bottom) };
      [left, right] = [Math.max(left, own.left), Math.min(right, own.right)];
      [top, bottom] = [Math.max(top, own.top), Math.min(bottom, own.bottom)];
    }
    return { left, right, top, bottom };
  };

  const cut = [], texts = [];
  const walker = document.createTreeWalker(document.body, window.NodeFilter.SHOW_TEXT);
  while (walker.nextNode() && texts.length < MOST) {
    const node = walker.currentNode, one = node.parentElement;
    if (node.data.trim() === "" || ["SCRIPT", "OPTION", "STYLE"].includes(one.tagName)) continue;
    if (!one.checkVisibility({ visibilityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    const seen = through(box, one);
    if (seen.right - seen.left < 1 || seen.bottom - seen.top < 1) continue;
    const scrolls = one.closest("pre");
    const isCut = seen.right - seen.left < box.width - 1.5 || !scrolls && seen.bottom - seen.top < box.height - 3;
    if (isCut && !one.closest("[title]")) cut.push(say(one));
    if (!one.closest(":disabled")) demand(one, style(one).color, backOf(one), 4.5);
    const lines = [...range.getClientRects()].map((line) => through(line, one))
      .filter((line) => line.right - line.left > 1 && line.bottom - line.top > 1);
    texts.push({ one, lines });
  }
  const overlapping = [];
  const meets = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4;
  for (const [at, a] of texts.entries()) {
    for (const b of texts.slice(at + 1, at + 40)) {
      if (a.lines.some((line) => b.lines.some((other) => meets(line, other)))) overlapping.push(say(a.one, " and " + say(b.one)));
    }
  }
  for (const one of [...document.querySelectorAll("i, .mark")].slice(0, MOST)) {
    const { backgroundColor, borderTopColor, borderTopWidth } = style(one);
    if (!isClear(backgroundColor)) demand(one, backgroundColor, backOf(one.parentElement), 3);
    else if (parseFloat(borderTopWidth) > 0) demand(one, borderTopColor, backOf(one.parentElement), 3);
  }
  for (const one of document.querySelectorAll("input:not([type=range]):not([type=checkbox]), select, button:enabled")) {
    demand(one, style(one).borderTopColor, backOf(one.parentElement), 3);
  }

  const unmarked = new Set(), outOfOrder = [], unnamed = [];
  window.focus();
  let last;
  const reachable = [...document.querySelectorAll("a[href], input, select, button, summary, [tabindex]")]
    .filter((one) => !one.disabled && one.checkVisibility());
  for (const one of reachable.slice(0, 80)) {
    if (one.tabIndex !== 0) unnamed.push("tabindex " + say(one));
    const name = one.ariaLabel || one.title || one.labels?.[0]?.textContent || one.textContent;
    if (!name?.trim()) unnamed.push(say(one));
    one.focus({ preventScroll: true });
    const { outlineStyle, outlineWidth, outlineColor } = style(one);
    if (outlineStyle === "none" || parseFloat(outlineWidth) < 2 || contrast(outlineColor, backOf(one)) < 3) unmarked.add(say(one));
    const box = one.getBoundingClientRect();
    if (last && box.bottom <= last.box.top) outOfOrder.push(say(one, " after " + say(last.one)));
    last = { one, box };
  }
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) unnamed.push("id " + id);
  if (document.querySelectorAll("h1").length !== 1 || document.title === "" || !document.documentElement.lang) {
    unnamed.push("the page");
  }
  return {
    wider: Math.max(0, document.documentElement.scrollWidth - window.innerWidth),
    faint: [...faint], cut, overlapping, unmarked: [...unmarked].slice(0, 10), outOfOrder, unnamed,
  };
}`;

/** The faults of a page that has none. */
export const faultless: PageFaults = {
  wider: 0,
  faint: [],
  cut: [],
  overlapping: [],
  unmarked: [],
  outOfOrder: [],
  unnamed: [],
};
