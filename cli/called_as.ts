/**
 * Rewrites the commands in a hint for docker's plugin: `fairlead ls` becomes `docker buildx ls`.
 * @param plugin the plugin's name in docker; undefined if docker didn't start the program
 */
export function calledAs(text: string, plugin: string | undefined): string {
  return plugin === undefined ? text : text.replace(/\bfairlead (?=[a-z])/g, `docker ${plugin} `);
}
