/** What `fairlead version` prints. The compile script puts the commit's hash in. */
export const version = { number: "v0.1.0", revision: "" };
