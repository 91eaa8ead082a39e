import { UserError } from '@domicile/stacks/kernel'

/** Bytes. */
export interface Room {
  readonly memory: number
  readonly disk: number
}

const GIB = 2 ** 30

/** What a new PostgreSQL writes before anything is in it, and the journal of a large import. */
const DATABASE_ITSELF = GIB

/** The copy, and as much again while it is written. */
export const roomNeeded = (containers: readonly { memoryBytes: number }[], databaseBytes: number): Room => ({
  memory: containers.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
  disk: DATABASE_ITSELF + 2 * databaseBytes,
})

/** @throws UserError NO_ROOM (3) with both figures: what runs comes first */
export function requireRoom(needed: Room, free: Room): void {
  const lacking = (['memory', 'disk'] as const).filter((kind) => free[kind] < needed[kind])
  if (lacking.length === 0) return
  const gib = (bytes: number) => `${(bytes / GIB).toFixed(1)} GiB`
  const figures = lacking.map((kind) => `${gib(needed[kind])} of ${kind}, of which ${gib(free[kind])} are free`)
  throw new UserError(`A scratch copy beside the running appliance may take ${figures.join('; and ')}.`, {
    code: 'NO_ROOM',
    hint: 'Nothing was changed. Run it when there is more room, or on another host with a copy of the data.',
  })
}
