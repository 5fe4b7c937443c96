import { htmlDocument } from "../../../progress/timeline/document.ts";

export interface ServedPage {
  /** Plain text. */
  readonly title: string;
  /** The relative address of the list of builds; empty for the list itself. */
  readonly home: string;
  /** The relative address of the stream of changes. */
  readonly events: string;
  /** HTML. */
  readonly body: string;
}

/** A page of `history open`, which replaces its part `live` when its stream reports a change. */
export function servedPage({ title, home, events, body }: ServedPage): string {
  const back = home === "" ? "<b>Builds</b>" : `<a href="${home}">Builds</a>`;
  return htmlDocument({
    title,
    isServed: true,
    body: `<nav>${back} <span id="following" role="status" data-events="${events}"></span></nav>
<div id="live">
${body}
</div>`,
  });
}
