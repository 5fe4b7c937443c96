/** As buildx has it, for names of pods, namespaces and containers; dots alone are a folder's name. */
export const NAME = /^(?!\.+$)[-a-z0-9.]+$/;
