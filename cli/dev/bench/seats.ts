import { createHash } from 'node:crypto'
import { execa } from 'execa'
import { preparing } from '../../../appliance-image/agent/src/database.ts'
import {
  acquire,
  type Database,
  installGuard,
  prepareSeats,
  type Queryable,
  release,
  removeGuard,
  setAllowed,
  setPools,
} from '../../../license/src/instruments/index.ts'
import {
  AGENT,
  APP,
  OWNER,
  PASSWORD,
  startServer,
  type TestDatabase,
  type TestServer,
} from '../../../license/src/instruments/test-database.fixture.ts'
import { median, table } from './fixture.ts'

const ROUNDS = 5
const SECONDS = 3
const CLIENTS = [16, 64] as const
/** More than there are clients, so that nobody is refused; in the race less. */
const SEATS = 100
const SEATS_RACED_FOR = 50

/**
 * Durable acquire and release of seats through our functions, against the bare SQL of the same strategy by pgbench on the
 * same server and over the same bridge. Then the guard on named users: what it adds to a statement.
 */
export async function benchSeats(): Promise<void> {
  const server = await startServer({ durable: true })
  try {
    const db = await server.makeDatabase()
    await prepareSeats(db.agent)
    await setPools(db.agent, { people: { max: SEATS, reserved: 0 }, services: { max: 0 } })
    await db.agent.query(BARE_TABLE)
    await db.agent.query(
      `INSERT INTO domicile.bare (pool, slot) SELECT 'people', n FROM generate_series(1, ${SEATS}) n`,
    )
    const rows: string[][] = []
    for (const clients of CLIENTS) rows.push(await comparePairs(server, db, clients))
    table([['clients', 'ours', 'bare SQL, pgbench', 'ratio (wanted >= 0.80)', 'prepared', 'ratio'], ...rows])
    console.log(await raceForSeats(db))
    await measureGuard(server)
  } finally {
    await server.stop()
  }
}

const BARE_TABLE = 'CREATE TABLE domicile.bare (LIKE domicile.seat INCLUDING ALL)'
/** The holder is a hash of 32 bytes, as ours are. */
const BARE_SCRIPT = `
UPDATE domicile.bare SET holder = sha256(int4send(:client_id)), since = clock_timestamp(), until = clock_timestamp() + interval '20 min' WHERE (pool, slot) = (SELECT pool, slot FROM domicile.bare WHERE pool = 'people' AND holder IS NULL ORDER BY slot LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING slot;
UPDATE domicile.bare SET holder = NULL, since = NULL, until = NULL WHERE holder = sha256(int4send(:client_id));
`

/** One thread each way. Our statements are prepared, as the agent's are; pgbench's with and without. */
async function comparePairs(server: TestServer, db: TestDatabase, clients: number): Promise<string[]> {
  const [ours, bare, prepared]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round < ROUNDS; round++) {
    // Taken in turns, so that a slow moment of the machine falls on all.
    bare.push(await barePairs(server, db, clients, 'extended'))
    ours.push((await ourPairs(db, clients)).pairs / SECONDS)
    prepared.push(await barePairs(server, db, clients, 'prepared'))
  }
  const cell = (values: number[]) => `${median(values).toFixed(0)} pairs/s`
  const ratio = (peer: number[]) => median(ours.map((value, round) => value / (peer[round] ?? 0))).toFixed(2)
  return [String(clients), cell(ours), cell(bare), ratio(bare), cell(prepared), ratio(prepared)]
}

async function barePairs(
  { host }: TestServer,
  { name }: TestDatabase,
  clients: number,
  protocol: 'extended' | 'prepared',
): Promise<number> {
  const options = ['--no-vacuum', `--protocol=${protocol}`, `--time=${SECONDS}`, `--client=${clients}`]
  const place = [`--host=${host}`, `--username=${AGENT}`, '--file=-', name]
  const container = ['--rm', '--interactive', `--env=PGPASSWORD=${PASSWORD}`, '--entrypoint=pgbench']
  const pgbench = await execa('docker', ['run', ...container, 'domicile/postgres:0.1.0', ...options, ...place], {
    input: BARE_SCRIPT,
  })
  return Number(/tps = ([\d.]+)/.exec(pgbench.stdout)?.[1])
}

/** So many people who come and go as fast as they are let. */
async function ourPairs(db: TestDatabase, clients: number): Promise<{ pairs: number; refused: number }> {
  const connections = await Promise.all(Array.from({ length: clients }, () => db.connect(AGENT)))
  let [pairs, refused] = [0, 0]
  const end = performance.now() + SECONDS * 1000
  const person = async (connection: Queryable, index: number) => {
    const holder = createHash('sha256').update(String(index)).digest()
    while (performance.now() < end) {
      const seat = await acquire(connection, { holder, pools: ['people'], idleSeconds: 1200 })
      if (!seat) {
        refused++
        continue
      }
      await release(connection, holder)
      pairs++
    }
  }
  await Promise.all(connections.map((connection, index) => person(preparing(connection), index)))
  await Promise.all(connections.map((connection) => connection.end()))
  return { pairs, refused }
}

/** More people than seats: how many sit is counted in the database all the while. */
async function raceForSeats(db: TestDatabase): Promise<string> {
  await setPools(db.agent, { people: { max: SEATS_RACED_FOR, reserved: 0 }, services: { max: 0 } })
  let [running, samples, most] = [true, 0, 0]
  const watch = async () => {
    while (running) {
      const { rows } = await db.agent.query<{ held: string }>('SELECT count(holder) AS held FROM domicile.seat')
      most = Math.max(most, Number(rows[0]?.held))
      samples++
    }
  }
  const watching = watch()
  const { pairs, refused } = await ourPairs(db, 64)
  running = false
  await watching
  if (most > SEATS_RACED_FOR) throw new Error(`${most} sat on ${SEATS_RACED_FOR} seats`)
  return `64 clients on ${SEATS_RACED_FOR} seats: ${pairs} pairs, ${refused} refusals, never more than ${most} held in ${samples} looks`
}

const USERS = 1000
const STATEMENTS = 2000
const spec = { table: 'users', active: 'active' }
const KINDS: Readonly<Record<string, (id: number) => string>> = {
  'users: another column': (id) => `UPDATE public.users SET note = 'x' WHERE id = ${id}`,
  'users: active': (id) => `UPDATE public.users SET active = NOT active WHERE id = ${id}`,
  'another table': (id) => `UPDATE public.party SET note = 'x' WHERE id = ${id}`,
}

/** Single statements inside a transaction: a commit would hide what a trigger costs. */
async function measureGuard(server: TestServer): Promise<void> {
  const db = await server.makeDatabase()
  const owner = await db.connect(OWNER)
  await owner.query(`GRANT USAGE ON SCHEMA public TO ${APP}`)
  for (const name of ['users', 'party']) {
    await owner.query(`CREATE TABLE ${name} (id int PRIMARY KEY, active boolean, note text) WITH (fillfactor = 50)`)
    await owner.query(`INSERT INTO ${name} SELECT n, n % 2 = 0 FROM generate_series(1, ${USERS}) n`)
    await owner.query(`GRANT SELECT, UPDATE ON ${name} TO ${APP}`)
  }
  const app = (await db.connect(APP)) as unknown as Queryable
  const without = await latencies(app)
  await installGuard(db.agent, spec, { owner: OWNER })
  await setAllowed(db.agent, USERS, '')
  const guarded = await latencies(app)
  await removeGuard(db.agent, spec, { owner: OWNER })
  const again = await latencies(app)
  const microseconds = (value: number | undefined) => `${((value ?? Number.NaN) * 1000).toFixed(0)} us`
  table([
    ['one UPDATE', 'without guard', 'with guard', 'without, again'],
    ...Object.keys(KINDS).map((kind) => [
      kind,
      ...[without, guarded, again].map((times) => microseconds(times.get(kind))),
    ]),
  ])
}

/** One kind after the other: what one leaves in the caches is not another's. */
async function latencies(app: Pick<Database, 'query'>): Promise<Map<string, number>> {
  const result = new Map<string, number>()
  for (const [kind, sql] of Object.entries(KINDS)) {
    const times: number[] = []
    for (let statement = 0; statement < STATEMENTS; statement++) {
      await app.query('BEGIN')
      const began = performance.now()
      await app.query(sql(1 + (statement % USERS)))
      times.push(performance.now() - began)
      await app.query('ROLLBACK')
    }
    result.set(kind, median(times))
  }
  return result
}
