import { fullRef, type HistoryRecord } from "./records.ts";

/** The address that a record has in Docker Desktop; nothing else opens it. */
export function desktopUrl(found: Pick<HistoryRecord, "at" | "record">): string {
  return `docker-desktop://dashboard/build/${fullRef(found)}`;
}
