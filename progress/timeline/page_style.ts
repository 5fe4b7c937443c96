/**
 * The style of the page: light or dark as the reader's system, and one column in a narrow window.
 */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --back: #fbfbfa; --front: #1c1d1f; --quiet: #66696e; --line: #dcdde0; --raised: #f0f0ef; --edge: #85888e;
  --done: #416fa6; --cached: #838c96; --failed: #c4342d; --canceled: #7d56a3; --part: #5a9683; --span: #6f84b0;
  --critical: #985900; --warning: #8f5b00; --better: #2c7a52; --grid: #ededec;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #17181a; --front: #e7e7e5; --quiet: #9a9da3; --line: #35373b; --raised: #212327; --edge: #777b82;
    --done: #6f9fd8; --cached: #727a85; --failed: #f0726a; --canceled: #b294d8; --part: #69a392; --span: #6d80a8;
    --critical: #f0a63c; --warning: #dca54c; --better: #7cc29d; --grid: #242629;
  }
}
* { box-sizing: border-box }
body {
  margin: 0 auto; max-width: 110rem; padding: 1.5rem clamp(.75rem, 2vw, 2rem) 4rem;
  background: var(--back); color: var(--front); font: 14px/1.45 system-ui, sans-serif; overflow-wrap: break-word;
}
h1 { font-size: 1.25rem; margin: 0 0 .25rem; overflow-wrap: anywhere }
.facts { color: var(--quiet); margin: 0 0 1rem; overflow-wrap: anywhere }
.facts b { color: var(--front); font-weight: 600 }
.facts .failed { color: var(--failed) } .facts .canceled { color: var(--canceled) }
p.error { border-left: 4px solid var(--failed); background: var(--raised); padding: .6rem .9rem;
  margin: 0 0 1rem; white-space: pre-wrap; overflow-wrap: anywhere; font-family: ui-monospace, monospace }
.legend { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; align-items: center; margin: 0 0 1rem;
  color: var(--quiet) }
.legend i { display: inline-block; width: 1.6em; height: .7em; border-radius: 2px; margin-right: .4em }
.legend label { cursor: pointer; color: var(--front) }
.axis, summary {
  display: grid; grid-template-columns: minmax(12rem, 34%) 1fr 5.5rem; gap: 0 .75rem; align-items: center;
}
.axis { position: sticky; top: 0; z-index: 2; background: var(--back); border-bottom: 1px solid var(--line);
  color: var(--quiet); font-size: 12px; font-variant-numeric: tabular-nums }
.axis .track { height: 1.8rem; overflow: clip }
.axis .track span { position: absolute; bottom: .2rem; padding-left: .3em; border-left: 1px solid var(--line);
  white-space: nowrap }
.track { position: relative; height: 1.5rem; min-width: 0 }
summary { padding: .1rem 0; cursor: pointer; list-style: none; border-bottom: 1px solid var(--line) }
summary::-webkit-details-marker { display: none }
summary:hover { background: var(--raised) }
summary:focus-visible { outline: 2px solid var(--done); outline-offset: -2px }
.name { font: 12.5px/1.5 ui-monospace, monospace; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.name::before { content: "▸"; display: inline-block; width: 1.1em; color: var(--quiet) }
details[open] > summary .name { white-space: normal; overflow-wrap: anywhere }
details[open] > summary .name::before { content: "▾" }
.axis .name::before { content: none }
.critical .name { font-weight: 600 }
.time { text-align: right; font-variant-numeric: tabular-nums; color: var(--quiet); white-space: nowrap }
summary .track { background: repeating-linear-gradient(90deg, var(--grid) 0 1px, transparent 1px var(--tick)) }
.track i, .axis .track span { left: calc((var(--l) - var(--from, 0)) * var(--scale, 1) * 1%) }
.track i { position: absolute; min-width: 2px; border-radius: 2px; width: calc(var(--w) * var(--scale, 1) * 1%) }
main:not(.zoomed) .track i { left: min(calc(var(--l) * 1%), 100% - 2px) }
.track { overflow: clip; overflow-clip-margin: 3px }
.zoomed .track { background: none; overflow-clip-margin: 0 }
.bar { top: .3rem; height: .7rem }
.part { top: 1.1rem; height: .25rem; background: var(--part) }
.done { background: var(--done) } .cached { background: var(--cached) } .failed.bar { background: var(--failed) }
.canceled.bar { background: var(--canceled) }
.unfinished { background: repeating-linear-gradient(45deg, var(--done) 0 4px, transparent 4px 8px) }
.critical .bar { box-shadow: 0 0 0 1px var(--back), 0 0 0 3px var(--critical) }
.mark { display: inline-block; width: 1.6em; height: .7em; border-radius: 2px; border: 2px solid var(--critical) }
.more { padding: .5rem 0 1rem 1.1em; border-bottom: 1px solid var(--line) }
.more table { border-collapse: collapse; margin: 0 0 .6rem; font-size: 13px }
.more td { padding: .05rem 1rem .05rem 0; vertical-align: top; overflow-wrap: anywhere;
  font-variant-numeric: tabular-nums }
.more td + td { white-space: nowrap; text-align: right; color: var(--quiet) }
pre { margin: 0; max-height: 32rem; overflow: auto; background: var(--raised); padding: .6rem .8rem;
  font: 12.5px/1.45 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; border-radius: 4px }
.warning { color: var(--warning); margin: 0 0 .4rem } .none { color: var(--quiet); margin: 0 }
.more .why { color: var(--failed); margin: 0 0 .5rem; white-space: pre-wrap; overflow-wrap: anywhere }
body:has(#only:checked) details.step:not(.critical) { display: none }
[hidden] { display: none !important }
html:not(.has-script) .scripted { display: none }
details.step { content-visibility: auto; contain-intrinsic-block-size: auto 1.8rem }
details[open].step { content-visibility: visible }
.summary { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: .75rem; margin: 0 0 1rem }
.tile { background: var(--raised); border-radius: 6px; padding: .5rem .9rem .6rem; min-width: 0 }
.tile h2 { margin: 0; font-size: 12px; font-weight: 400; color: var(--quiet) }
.tile p { margin: 0; color: var(--quiet); font-size: 12.5px; overflow-wrap: anywhere }
.tile .figure { color: var(--front); font-size: 1.35rem; font-variant-numeric: tabular-nums }
.slowest { grid-column: 1 / -1 }
.slowest ol { margin: .2rem 0 0; padding: 0; list-style: none }
.slowest li { display: flex; gap: 1rem; justify-content: space-between }
.slowest a { font: 12.5px/1.6 ui-monospace, monospace; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
  min-width: 0; color: inherit; text-decoration-color: var(--line) }
.slowest span { color: var(--quiet); white-space: nowrap; font-variant-numeric: tabular-nums }
.tools, .tools .scripted { display: flex; flex-wrap: wrap; gap: .4rem .9rem; align-items: center; min-width: 0 }
.has-script .tools > .scripted:not(.zoom) { display: contents } .tools { margin: 0 0 .6rem } .tools label { white-space: nowrap }
html:not(.has-script) .tools .scripted { display: none }
input, select, button { font: inherit; color: inherit; background: var(--raised); border: 1px solid var(--edge);
  border-radius: 4px; padding: .15rem .45rem; max-width: 100% }
::placeholder { color: var(--quiet); opacity: 1 }
input[type=checkbox] { accent-color: var(--done); margin: 0 .2em 0 0; vertical-align: -.1em }
input[type=range] { padding: 0; width: 9rem; accent-color: var(--done) }
#search { width: 15rem } .tools .zoom { gap: .3rem } button:disabled { color: var(--quiet) }
:focus-visible { outline: 2px solid var(--done); outline-offset: 1px }
.group { margin: 1rem 0 .2rem; font-size: 13px; color: var(--quiet) }
.line { display: inline-block; min-width: 1.9em; margin-right: .5em; padding: 0 .3em; border-radius: 3px; font-size: 11px;
  text-align: right; color: var(--quiet); background: var(--raised); font-variant-numeric: tabular-nums }
.badge { display: inline-block; margin-right: .5em; padding: 0 .35em; border: 1px solid; border-radius: 3px; font: 11px/1.4 system-ui, sans-serif }
.badge.failed { color: var(--failed) } .badge.canceled { color: var(--canceled) } .badge.running { color: var(--critical) }
.badge.warning { color: var(--warning); margin: 0 .5em 0 0 }
.where { margin: 0 0 .4rem; color: var(--quiet); font-size: 12.5px; overflow-wrap: anywhere } .where:empty { display: none }
.excerpt { margin: 0 0 1rem; border-left: 4px solid var(--failed); border-radius: 0 }
.spans { margin: 0 0 .6rem }
.span > .name { padding-left: calc(var(--depth, 0) * .7em); color: var(--quiet) } .span > .name::before { content: none }
div.span { display: grid; grid-template-columns: minmax(11rem, 34%) 1fr 5.5rem; gap: 0 .75rem; align-items: center }
div.span .track { height: 1.1rem } .span.bar, .legend i.span { background: var(--span) } .span.failed.bar { background: var(--failed) }
.spans { margin-left: -1.1em } .trace { margin-top: 1rem }
.facts .running { color: var(--critical) } .facts .finished { color: var(--better) }
a { color: var(--done) }
nav { margin: 0 0 .8rem; color: var(--quiet) } #following { font-size: 12px; margin-left: .6rem }
.links { margin: 0 0 1rem }
.builds { list-style: none; margin: 0; padding: 0 }
.builds li { display: grid; grid-template-columns: 1.6rem minmax(0, 1fr); align-items: start; padding: .5rem 0;
  border-bottom: 1px solid var(--line); content-visibility: auto; contain-intrinsic-block-size: auto 3.4rem }
.builds li > input { margin-top: .25rem } .builds a { font-weight: 600; overflow-wrap: anywhere }
.builds p { margin: 0; color: var(--quiet); overflow-wrap: anywhere } .builds .result { color: var(--front) }
.builds .why { color: var(--failed); display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: clip }
.state { margin-left: .4rem; font-weight: 400; font-size: 12.5px } .state.completed { color: var(--better) }
.state.error { color: var(--failed) } .state.canceled { color: var(--canceled) } .state.running { color: var(--critical) }
.facts-table { border-collapse: collapse; width: 100%; table-layout: fixed }
.facts-table th, .facts-table td { text-align: left; vertical-align: top; padding: .2rem .9rem .2rem 0; font-weight: 400;
  overflow-wrap: anywhere; border-bottom: 1px solid var(--line) }
.facts-table th { color: var(--quiet); width: 34% }
h2 { font-size: 1rem; margin: 1.2rem 0 .4rem; overflow-wrap: anywhere }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: .75rem }
.card { background: var(--raised); border-radius: 6px; padding: .2rem .9rem .1rem; min-width: 0 }
.card h2 { margin: .6rem 0 .2rem } .card .facts { margin: 0 0 .7rem }
.verdict { font-size: 1.1rem } .slower { color: var(--critical) } .faster { color: var(--better) }
.inputs { margin: 0; padding-left: 1.2rem; overflow-wrap: anywhere } .lacking { color: var(--warning) }
table.diff { border-collapse: collapse; width: 100% }
table.diff th, table.diff td { text-align: right; vertical-align: top; padding: .35rem 0 .35rem .9rem;
  border-bottom: 1px solid var(--line); font-weight: 400; font-variant-numeric: tabular-nums; white-space: nowrap }
table.diff th:first-child { text-align: left; padding-left: 0; white-space: normal; width: 70% }
table.diff thead th { color: var(--quiet); font-size: 12px }
.stepname { display: block; font: 12.5px/1.5 ui-monospace, monospace; overflow-wrap: anywhere }
.cause { margin: .1rem 0 0; color: var(--quiet); overflow-wrap: anywhere }
.bars { display: block; margin-top: .25rem } .bars i { display: block; height: .3rem; border-radius: 2px; margin-top: 1px }
.was { background: var(--cached) }
body:not(:has(#alike:checked)) tr.alike { display: none }
@media (max-width: 46rem) {
  table.diff, table.diff tbody, table.diff tr { display: block } table.diff thead { display: none }
  table.diff tr { border-bottom: 1px solid var(--line); padding: .3rem 0 }
  table.diff th:first-child { display: block; width: auto; border: 0; padding: 0 }
  table.diff td { display: inline-block; border: 0; padding: 0 1rem 0 0 }
  table.diff td:nth-child(2)::before { content: "A " } table.diff td:nth-child(3)::before { content: "B " }

  .axis, summary { grid-template-columns: 1fr 4.5rem; }
  .axis .name, .axis .time { display: none }
  .axis .track, summary .track { grid-column: 1 / -1; grid-row: 2 }
  .axis .track { grid-row: 1 }
  div.span { grid-template-columns: 1fr 4.5rem } div.span .track { grid-column: 1 / -1; grid-row: 2 }
  .summary { grid-template-columns: repeat(2, minmax(0, 1fr)) }
  #search { width: 100% }
}
@media print {
  body { padding: 0 } i, .mark { print-color-adjust: exact } .axis { position: static } pre { max-height: none }
  .tools, nav, .links { display: none } details:not([open]) > .more { display: none } summary, tr { break-inside: avoid }
}
`;
