import type { StatusResponse } from "../../proto/gen/control.ts";

export function rawJson(_m: StatusResponse): string {
  return "";
}
