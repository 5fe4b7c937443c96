/** What `fairlead version` prints. The compile script puts the commit's hash in. */
export const version = { number: "v0.1.0", revision: "" };

/** The buildx whose command line and files ours are like. */
export const buildxVersion = "v0.36.1";
