import {
  acquire,
  cull,
  type Database,
  extendAll,
  heldSeats,
  release,
  renew,
  type Pool as Table,
} from '@domicile/license/instruments'
import type { Pool, SeatStore } from '../gate/index.ts'

/** Administrators take a seat like everybody, and one of those kept for them when there is none. */
const POOLS: Readonly<Record<Pool, readonly Table[]>> = {
  people: ['people'],
  administrators: ['people', 'reserved'],
  services: ['services'],
}

/**
 * The seats in PostgreSQL as the gate needs them; holders are SHA-256 in hexadecimal.
 * @param idleSeconds after so long without a request a seat is free
 */
export const seatTable = (db: Database, idleSeconds: () => number): SeatStore => ({
  acquire: async (holder, pool) =>
    (await acquire(db, { holder: bytes(holder), pools: POOLS[pool], idleSeconds: idleSeconds() })) !== null,
  renew: async (seats) => {
    await renew(
      db,
      seats.map(({ holder }) => bytes(holder)),
      idleSeconds(),
    )
  },
  release: async (holder) => {
    await release(db, bytes(holder))
  },
  cull: async () => {
    await cull(db)
  },
  liveSeats: async () =>
    (await heldSeats(db)).map(({ holder, pool, secondsLeft }) => ({
      holder: Buffer.from(holder).toString('hex'),
      pool: pool === 'reserved' ? 'administrators' : pool,
      idleSeconds: Math.max(0, idleSeconds() - secondsLeft),
    })),
  extendAll: (seconds) => extendAll(db, seconds),
})

const bytes = (hex: string) => Buffer.from(hex, 'hex')
