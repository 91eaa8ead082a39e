/** Of every key that opens a repository, in characters of the alphabet of our secrets. */
export const KEY_LENGTH = 43
