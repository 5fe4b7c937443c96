/**
 * A hint in the words of whoever called: as docker's plugin, `fairlead ls` is `docker buildx ls`.
 * @param plugin what docker knows us by; undefined where we were started by ourselves
 */
export function calledAs(text: string, plugin: string | undefined): string {
  return plugin === undefined ? text : text.replace(/\bfairlead (?=[a-z])/g, `docker ${plugin} `);
}
