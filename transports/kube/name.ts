/** As buildx has it, for names of pods, namespaces and containers. */
export const NAME = /^[-a-z0-9.]+$/;
