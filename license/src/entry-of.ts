/**
 * What stands under a name in an object that was read from a file. Names are chosen by vendors, or by whoever made the
 * file: one may be `constructor`, which every object has.
 */
export const entryOf = <T>(all: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(all, name) ? all[name] : undefined
