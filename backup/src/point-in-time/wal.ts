/** PostgreSQL's own size of a segment, which `initdb` was not told to change. */
export const SEGMENT_BYTES = 16 * 2 ** 20
const SEGMENTS_PER_FILE = 2 ** 32 / SEGMENT_BYTES

/** One segment of WAL: `position` counts segments from the beginning of the database's life, whatever the timeline. */
export interface Segment {
  readonly timeline: number
  readonly position: number
}

const NAME = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})$/

/** `undefined` when it is not the name of a segment: history and backup files lie beside them. */
export function segmentOf(name: string): Segment | undefined {
  const [, timeline, file, segment] = NAME.exec(name) ?? []
  if (!timeline || !file || !segment) return undefined
  const within = Number.parseInt(segment, 16)
  if (within >= SEGMENTS_PER_FILE) return undefined
  return {
    timeline: Number.parseInt(timeline, 16),
    position: Number.parseInt(file, 16) * SEGMENTS_PER_FILE + within,
  }
}

/** Its file's name, 24 hexadecimal digits. */
export function segmentName({ timeline, position }: Segment): string {
  const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, '0')
  return `${hex(timeline)}${hex(Math.floor(position / SEGMENTS_PER_FILE))}${hex(position % SEGMENTS_PER_FILE)}`
}
