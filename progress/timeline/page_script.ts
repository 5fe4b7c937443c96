/**
 * The script of our pages: search, order, groups, filters and zoom of the steps, the reader's local
 * time, and for a served page, following what changes. It only moves, hides and copies what the
 * page has, so no text of a daemon becomes markup by it. A page names its hash (`page_test.ts`
 * compares both).
 */
export const pageScript = String.raw`
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const value = (id) => byId(id)?.value ?? "";
  const checked = (id) => byId(id)?.checked ?? false;
  let zoom = { scale: 1, from: 0 };

  /** Shows the steps that match, in their order and groups. */
  function arrange() {
    const list = byId("steps");
    if (list === null) return;
    const words = value("search").toLowerCase().split(/\s+/).filter(Boolean);
    const least = Number(value("least"));
    const steps = [...list.querySelectorAll("details.step")];
    let shown = 0;
    for (const step of steps) {
      const { ms, outcome } = step.dataset;
      const name = step.querySelector(".name").title.toLowerCase();
      step.hidden = !words.every((word) => name.includes(word)) || Number(ms) < least ||
        checked("uncached") && outcome === "cached";
      if (!step.hidden) shown++;
    }
    byId("nothing").hidden = shown > 0 || steps.length === 0;
    const by = value("sort");
    const nameOf = (step) => step.querySelector(".name").title;
    const orders = {
      at: (a, b) => a.dataset.at - b.dataset.at || a.id.slice(1) - b.id.slice(1),
      ms: (a, b) => b.dataset.ms - a.dataset.ms,
      name: (a, b) => nameOf(a) < nameOf(b) ? -1 : 1,
    };
    steps.sort(orders[by] ?? orders.at);
    const key = value("group");
    const groups = new Map();
    for (const step of steps) {
      const group = key === "" ? "" : step.dataset[key] ?? "";
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push(step);
    }
    const nodes = [];
    for (const [group, members] of groups) {
      const visible = members.filter((step) => !step.hidden);
      if (key !== "" && visible.length > 0) {
        const heading = document.createElement("h2");
        heading.className = "group";
        const time = visible.reduce((sum, step) => sum + Number(step.dataset.ms), 0);
        heading.textContent = (group || "other steps") + " · " + visible.length +
          (visible.length === 1 ? " step · " : " steps · ") + length(time);
        nodes.push(heading);
      }
      nodes.push(...members);
    }
    list.replaceChildren(...nodes);
  }

  function length(ms) {
    if (ms < 1000) return Math.round(ms) + "ms";
    if (ms < 100000) return (ms / 1000).toFixed(1) + "s";
    const seconds = Math.round(ms / 1000), hours = Math.floor(seconds / 3600);
    const two = (value) => String(value).padStart(2, "0");
    const minutes = Math.floor(seconds / 60) % 60;
    return hours > 0 ? hours + "h " + two(minutes) + "m" : minutes + "m " + two(seconds % 60) + "s";
  }

  /** Shows a part of the time: scale 4 is a quarter of the build, from a percentage of it on. */
  function look(scale, from) {
    const main = document.querySelector("main");
    if (main === null || byId("from") === null) return;
    const rounded = Math.min(1024, Math.max(1, scale));
    zoom = { scale: rounded, from: Math.min(100 - 100 / rounded, Math.max(0, from)) };
    main.style.setProperty("--scale", zoom.scale);
    main.style.setProperty("--from", zoom.from);
    main.classList.toggle("zoomed", zoom.scale > 1);
    const slider = byId("from");
    slider.disabled = zoom.scale === 1;
    slider.value = zoom.scale === 1 ? 0 : zoom.from / (100 - 100 / zoom.scale) * 1000;
    marks(Number(main.dataset.duration));
  }

  /** Zooms around the middle of the part that is shown. */
  function zoomBy(factor) {
    const middle = zoom.from + 50 / zoom.scale;
    look(zoom.scale * factor, middle - 50 / (zoom.scale * factor));
  }

  function marks(duration) {
    if (!(duration > 0)) return;
    const track = document.querySelector(".axis .track");
    const span = duration / zoom.scale, begin = duration * zoom.from / 100;
    // A mark needs room for its text.
    const least = span / Math.min(10, Math.max(2, track.clientWidth / 90));
    const step = stepFrom(least);
    document.querySelector("main").style.setProperty("--tick", step / span * 100 + "%");
    const list = [];
    for (let at = Math.ceil(begin / step) * step; at < begin + span * (1 - 60 / track.clientWidth); at += step) {
      const mark = document.createElement("span");
      mark.style.setProperty("--l", at / duration * 100);
      mark.textContent = markText(at);
      list.push(mark);
    }
    track.replaceChildren(...list);
  }

  /**
   * The next of 1, 2, 5 times a power of ten; from 10 s on, a part or a number of minutes or hours.
   */
  function stepFrom(least) {
    const power = 10 ** Math.floor(Math.log10(least));
    if (least <= 5000) return [1, 2, 5, 10].map((n) => n * power).find((size) => size >= least);
    return [10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600].map((s) => s * 1000)
      .find((size) => size >= least) ?? Math.ceil(least / 43200000) * 43200000;
  }

  /** 500ms, 1.5s, 2m, 1h 30m: the parts that aren't zero. */
  function markText(ms) {
    if (ms < 1) return ms === 0 ? "0s" : +ms.toFixed(3) + "ms";
    if (ms < 1000) return Math.round(ms) + "ms";
    const [hours, minutes] = [Math.floor(ms / 3600000), Math.floor(ms / 60000) % 60];
    const seconds = +(ms % 60000 / 1000).toFixed(3);
    return [hours && hours + "h", minutes && minutes + "m", seconds && seconds + "s"].filter(Boolean).join(" ");
  }

  /** The list of builds: those that match. */
  function matchBuilds() {
    const builds = byId("builds");
    if (builds === null) return;
    const words = value("search").toLowerCase().split(/\s+/).filter(Boolean);
    const status = value("status");
    let shown = 0;
    for (const build of builds.querySelectorAll("[data-status]")) {
      const text = build.textContent.toLowerCase();
      build.hidden = !words.every((word) => text.includes(word)) ||
        status !== "" && build.dataset.status !== status;
      if (!build.hidden) shown++;
    }
    byId("nothing").hidden = shown > 0;
    const chosen = builds.querySelectorAll("input[name=build]:checked");
    const compare = byId("compare");
    compare.disabled = chosen.length !== 2;
    for (const box of builds.querySelectorAll("input[name=build]")) {
      box.disabled = chosen.length >= 2 && !box.checked;
    }
  }

  function localTimes() {
    for (const time of document.querySelectorAll("time[datetime]")) {
      const date = new Date(time.dateTime);
      if (time.title !== "" || Number.isNaN(date.getTime())) continue;
      time.title = time.textContent;
      time.textContent = date.toLocaleString();
    }
  }

  /** Opens the step that the address names, even if a filter hides it. */
  function openNamed(hash = location.hash) {
    const step = hash.startsWith("#s") ? byId(hash.slice(1)) : null;
    if (step === null || step.tagName !== "DETAILS") return;
    step.hidden = false;
    if (!step.classList.contains("critical") && checked("only")) byId("only").checked = false;
    step.open = true;
    step.scrollIntoView({ block: "center" });
    step.querySelector("summary").focus({ preventScroll: true });
  }

  function begin() {
    localTimes();
    arrange();
    matchBuilds();
    look(zoom.scale, zoom.from);
  }

  document.addEventListener("input", ({ target }) => {
    if (target.id === "from") look(zoom.scale, target.value / 1000 * (100 - 100 / zoom.scale));
    else if (byId("builds") !== null) matchBuilds();
    else if (target.closest(".tools") !== null) arrange();
  });
  document.addEventListener("submit", (event) => {
    if (event.target.className === "tools") event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const { target } = event;
    if (target.id === "zoom-in") zoomBy(2);
    if (target.id === "zoom-out") zoomBy(0.5);
    if (target.id === "zoom-all") look(1, 0);
    const link = target.closest?.("a[href^='#s']")?.getAttribute("href");
    if (!link) return;
    event.preventDefault();
    // A page in a frame of another one has no address.
    if (location.protocol !== "about:") location.hash = link;
    openNamed(link);
  });
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isTyping = target.matches?.("input:not([type=checkbox]), select, textarea");
    if (isTyping) {
      if (key === "Escape" && target.id === "search") {
        target.value = "";
        arrange();
        matchBuilds();
      }
      return;
    }
    const actions = {
      "/": () => byId("search")?.focus(),
      "+": () => zoomBy(2),
      "-": () => zoomBy(0.5),
      "0": () => look(1, 0),
      "ArrowDown": () => move(1),
      "ArrowUp": () => move(-1),
    };
    if ((key === "ArrowDown" || key === "ArrowUp") && target.tagName !== "SUMMARY") return;
    if (!(key in actions)) return;
    event.preventDefault();
    actions[key]();
  });

  function move(by) {
    const summaries = [...document.querySelectorAll("details:not([hidden]) > summary")];
    // Asking the browser which rows are visible takes a minute for 1,000 of them.
    const isLeftOut = ({ parentElement: { classList } }) =>
      checked("only") && classList.contains("step") && !classList.contains("critical");
    let at = summaries.indexOf(document.activeElement) + by;
    while (summaries[at] !== undefined && isLeftOut(summaries[at])) at += by;
    summaries[at]?.focus();
  }

  /**
   * Replaces the part of a served page that changes, and keeps what the reader has opened and
   * typed.
   */
  async function refresh() {
    const answer = await fetch(location.href.split("#")[0]);
    if (!answer.ok) return;
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = next.getElementById("live");
    if (fresh === null) return;
    const live = byId("live");
    const focused = document.activeElement;
    const [focusId, focusStep] = [focused?.id, focused?.closest?.("details")?.id];
    const caret = focused?.type === "search" ? focused.selectionStart : null;
    const open = new Map([...live.querySelectorAll("details[id]")].map((one) => [one.id, one.open]));
    const fields = [...live.querySelectorAll("input[id], select[id]")]
      .map((field) => [field.id, field.value, field.checked]);
    const boxes = new Set([...live.querySelectorAll("input[name=build]:checked")].map((box) => box.value));
    live.replaceChildren(...fresh.childNodes);
    document.title = next.title;
    for (const [id, state] of open) {
      const details = byId(id);
      if (details?.tagName === "DETAILS") details.open = state;
    }
    for (const [id, text, state] of fields) {
      const field = byId(id);
      if (field === null) continue;
      if (field.type === "checkbox") field.checked = state;
      else field.value = text;
    }
    for (const box of live.querySelectorAll("input[name=build]")) box.checked = boxes.has(box.value);
    begin();
    const again = focusId ? byId(focusId) : focusStep ? byId(focusStep)?.querySelector("summary") : null;
    again?.focus({ preventScroll: true });
    if (caret !== null) again?.setSelectionRange(caret, caret);
  }

  function follow(path) {
    let [busy, again] = [false, false];
    const update = async () => {
      if (busy) return void (again = true);
      busy = true;
      await refresh().catch(() => {});
      busy = false;
      if (again) {
        again = false;
        update();
      }
    };
    const events = new EventSource(path);
    const state = byId("following");
    events.onopen = () => state.textContent = "live";
    events.onmessage = update;
    events.onerror = () => state.textContent = "not connected: 'fairlead history open' has ended";
  }

  addEventListener("resize", () => look(zoom.scale, zoom.from));
  document.documentElement.classList.add("has-script");
  begin();
  openNamed();
  addEventListener("hashchange", () => openNamed());
  const live = document.querySelector("[data-events]");
  if (live !== null) follow(live.dataset.events);
})();
`;

/** The hash of the script, as a content policy names it. */
export const pageScriptHash = "sha256-MiHy0HzcLeEJJOMEqIAuZXGezr1p4nsP1C/z/ktlM0M=";
