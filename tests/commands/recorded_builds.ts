/** Messages of a real buildkitd 0.32.2: records of its history and of its cache. */
import {
  BuildHistoryEvent,
  type BuildHistoryRecord,
  UsageRecord,
} from "../../proto/gen/control.ts";
import type { HistoryRecord } from "../../commands/history/records/records.ts";

/** A build that failed in `RUN echo first; echo second >&2; exit 3`. */
export const failedRecord = decoded(
  "CAES6wQKGW1nY2trbGQ4aXR3YjE3aHp6aDJ1YW4yYWUaFgoIZmlsZW5hbWUSCkRvY2tlcmZpbGUaDQoGdGFyZ2V0EgNi" +
    "YWQaLgoRYXR0ZXN0OnByb3ZlbmFuY2USGW1vZGU9bWluLGlubGluZS1vbmx5PXRydWUqaAgCEmRwcm9jZXNzICIvYmlu" +
    "L3NoIC1jIGVjaG8gZmlyc3Q7IGVjaG8gc2Vjb25kID4mMjsgZXhpdCAzIiBkaWQgbm90IGNvbXBsZXRlIHN1Y2Nlc3Nm" +
    "dWxseTogZXhpdCBjb2RlOiAzMgwI2/CT2AYQov3usQM6Cwjc8JPYBhDA/KhIQnAKImFwcGxpY2F0aW9uL3ZuZC5idWls" +
    "ZGtpdC5zdGF0dXMudjASR3NoYTI1NjplZTgwM2YyY2RhMmM3MjRkNzI3NDlkOTRlMjRjMmNiNDExYjVmYWFlOTliM2Ux" +
    "MzczZjA5M2QxOTY4OTNjMWI0GMAYYAFqdAolYXBwbGljYXRpb24vdm5kLmJ1aWxka2l0Lm90bHAuanNvbi52MBJHc2hh" +
    "MjU2OjViM2MwM2JkYzAyYTU2YTNiZjE3NDkxMTI4ZjE5YjE4NWU1ZWM3ZThjOGYzMmI0MGZjNDlkNWIwZjMzNmMyYjUY" +
    "ibYGeAGAAQaIAQaSAX8KMWFwcGxpY2F0aW9uL3ZuZC5nb29nZWFwaXMuZ29vZ2xlLnJwYy5zdGF0dXMrcHJvdG8SR3No" +
    "YTI1NjpmZWVkYjU3MThjNjUzMjA1ODg0MjJiNWYyZGQzOWY3ZWZjYTUzYzFiZWNkMTU1NGI2YTMzYTg3NzYyMTk4MDFi" +
    "GNEk",
);

/** A build for two platforms into an OCI archive. */
export const multiRecord = decoded(
  "CAES7w8KGXdrZmk2aHFyaGVpYzZneWMwenlkYXRtZm8aFgoIZmlsZW5hbWUSCkRvY2tlcmZpbGUaIQoIcGxhdGZvcm0S" +
    "FWxpbnV4L2FtZDY0LGxpbnV4LzM4NhotChFhdHRlc3Q6cHJvdmVuYW5jZRIYdHlwZT1wcm92ZW5hbmNlLG1vZGU9bWF4" +
    "IgUKA29jaTIMCLf4k9gGEK/S0KgCOgwIuPiT2AYQjOf2twFCcAoiYXBwbGljYXRpb24vdm5kLmJ1aWxka2l0LnN0YXR1" +
    "cy52MBJHc2hhMjU2OmQ4MzgyMmJmYWNhNGVjM2Q0YzIxOTU0NDQ5YjJlNDFkZWRjMzhiNWYxOTM5ZjE5YWU5MmEwZjgx" +
    "NWJmNjY1MjkYhjZKWgoUdmVyaWZpZXIucmVxdWVzdG9wdHMSQnsiUGxhdGZvcm1zIjpbImxpbnV4L2FtZDY0IiwibGlu" +
    "dXgvMzg2Il0sIkxhYmVscyI6e30sIlJlcXVlc3QiOiIifUqqAQoOcmVmcy5wbGF0Zm9ybXMSlwF7IlBsYXRmb3JtcyI6" +
    "W3siSUQiOiJsaW51eC9hbWQ2NCIsIlBsYXRmb3JtIjp7ImFyY2hpdGVjdHVyZSI6ImFtZDY0Iiwib3MiOiJsaW51eCJ9" +
    "fSx7IklEIjoibGludXgvMzg2IiwiUGxhdGZvcm0iOnsiYXJjaGl0ZWN0dXJlIjoiMzg2Iiwib3MiOiJsaW51eCJ9fV19" +
    "SrACCh9jb250YWluZXJpbWFnZS5jb25maWcvbGludXgvMzg2EowCeyJhcmNoaXRlY3R1cmUiOiIzODYiLCJvcyI6Imxp" +
    "bnV4Iiwicm9vdGZzIjp7InR5cGUiOiJsYXllcnMiLCJkaWZmX2lkcyI6bnVsbH0sImhpc3RvcnkiOlt7ImNyZWF0ZWRf" +
    "YnkiOiJDT1BZIC94IC94ICMgYnVpbGRraXQiLCJjb21tZW50IjoiYnVpbGRraXQuZG9ja2VyZmlsZS52MCJ9XSwiY29u" +
    "ZmlnIjp7IkVudiI6WyJQQVRIPS91c3IvbG9jYWwvc2JpbjovdXNyL2xvY2FsL2JpbjovdXNyL3NiaW46L3Vzci9iaW46" +
    "L3NiaW46L2JpbiJdLCJXb3JraW5nRGlyIjoiLyJ9fUq0AgohY29udGFpbmVyaW1hZ2UuY29uZmlnL2xpbnV4L2FtZDY0" +
    "Eo4CeyJhcmNoaXRlY3R1cmUiOiJhbWQ2NCIsIm9zIjoibGludXgiLCJyb290ZnMiOnsidHlwZSI6ImxheWVycyIsImRp" +
    "ZmZfaWRzIjpudWxsfSwiaGlzdG9yeSI6W3siY3JlYXRlZF9ieSI6IkNPUFkgL3ggL3ggIyBidWlsZGtpdCIsImNvbW1l" +
    "bnQiOiJidWlsZGtpdC5kb2NrZXJmaWxlLnYwIn1dLCJjb25maWciOnsiRW52IjpbIlBBVEg9L3Vzci9sb2NhbC9zYmlu" +
    "Oi91c3IvbG9jYWwvYmluOi91c3Ivc2JpbjovdXNyL2Jpbjovc2JpbjovYmluIl0sIldvcmtpbmdEaXIiOiIvIn19UucC" +
    "Cq8BCidhcHBsaWNhdGlvbi92bmQub2NpLmltYWdlLmluZGV4LnYxK2pzb24SR3NoYTI1Njo3ZDBhNGY1NTEwMDA4NTUx" +
    "OTE0M2E3MDVmM2MyNDY0ZDc5ZDI2NDA5ZWFhMzU1ZjUxN2I4M2MxMWU3ZjRmOGY2GMUMKjgKIG9yZy5vcGVuY29udGFp" +
    "bmVycy5pbWFnZS5jcmVhdGVkEhQyMDI2LTExLTI0VDAyOjUzOjQ0WhqyARKvAQonYXBwbGljYXRpb24vdm5kLm9jaS5p" +
    "bWFnZS5pbmRleC52MStqc29uEkdzaGEyNTY6N2QwYTRmNTUxMDAwODU1MTkxNDNhNzA1ZjNjMjQ2NGQ3OWQyNjQwOWVh" +
    "YTM1NWY1MTdiODNjMTFlN2Y0ZjhmNhjFDCo4CiBvcmcub3BlbmNvbnRhaW5lcnMuaW1hZ2UuY3JlYXRlZBIUMjAyNi0x" +
    "MS0yNFQwMjo1Mzo0NFpaugEKC2xpbnV4L2FtZDY0EqoBEqcBChxhcHBsaWNhdGlvbi92bmQuaW4tdG90bytqc29uEkdz" +
    "aGEyNTY6ZTAwNGNiYjIxZGNhMWJiMzMyZjgyYzE3ZTUyM2UzMDRlMzk4YjM4YmUwYmI1ZDYwMmY5ZmYxMjY3OWVjMjUx" +
    "NRiJXSo7Chlpbi10b3RvLmlvL3ByZWRpY2F0ZS10eXBlEh5odHRwczovL3Nsc2EuZGV2L3Byb3ZlbmFuY2UvdjFauAEK" +
    "CWxpbnV4LzM4NhKqARKnAQocYXBwbGljYXRpb24vdm5kLmluLXRvdG8ranNvbhJHc2hhMjU2Ojc2OWM2NDE5ODg5OGU2" +
    "MmQ0YWY2OTE3YjQ2NmFkNTgxYWFhZjcxNWI0NDFkZmJkNGMwNzk1YjdjOGRiMTUyYzcYg10qOwoZaW4tdG90by5pby9w" +
    "cmVkaWNhdGUtdHlwZRIeaHR0cHM6Ly9zbHNhLmRldi9wcm92ZW5hbmNlL3YxYAFqdAolYXBwbGljYXRpb24vdm5kLmJ1" +
    "aWxka2l0Lm90bHAuanNvbi52MBJHc2hhMjU2OjdkN2UwYWQ0NzA4ZjdkMzFmMjA0YzE5MDRlZDYxYTk4MmE3ODQ2ZmJh" +
    "ZDczZmRjMmQ1NjRiZjdlNzc0NWIwNTAYzpoIeASAAQuIAQs=",
);

/** A record of the cache that can be written, and one that can't. */
export const usageRecords = [
  "ChlqMmV0YmR5eTNxNWRqbGg3cWZxbGl1OGM0EAEggCAyCwj08ZPYBhDE4ZQBOgsI+/qT2AYQsYCnQEAFShhsb2NhbCBz" +
  "b3VyY2UgZm9yIGNvbnRleHRSDHNvdXJjZS5sb2NhbA==",
  "ChlleXoyeGFvdDBhejZwejc4aXc1Mmdram16IICgATIMCPX6k9gGENPYhOoBOgwI9fqT2AYQ1vWimAJAAUpPbW91bnQg" +
  "LyBmcm9tIGV4ZWMgL2Jpbi9zaCAtYyBmb3IgaSBpbiAxIDIgMyA0IDU7IGRvIGVjaG8gc3RlcCAkaTsgc2xlZXAgMTsg" +
  "ZG9uZVIHcmVndWxhcmIZaDFob3Y1NGVnNjVnaXcyMTVrbHh4bTZrcA==",
].map((base64) => UsageRecord.decode(Uint8Array.fromBase64(base64)));

/** A record as if it came from the node `n0` of the builder `b`. */
export function recordOf(record: BuildHistoryRecord): HistoryRecord {
  const at = { builder: { name: "b" }, node: { name: "n0" } } as unknown as HistoryRecord["at"];
  return { at, record, now: undefined };
}

function decoded(event: string): BuildHistoryRecord {
  return BuildHistoryEvent.decode(Uint8Array.fromBase64(event)).record!;
}
