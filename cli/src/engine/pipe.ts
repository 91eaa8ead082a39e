import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import type Docker from 'dockerode'
import { explain } from './docker-errors.ts'

/** A program in a container; `input` is the line that it reads first, or nothing. */
export interface Piped {
  readonly container: string
  readonly command: readonly string[]
  readonly user: string
  readonly input: string
}

const MOST_COMPLAINTS = 8192
const POLL_MS = 50
const MOST_WAITING_MS = 5000

/**
 * A program that writes for nobody would run on inside its container, with its locks and its snapshot. So it lives as long
 * as somebody holds the other end of its input: when that is gone, however it went, the program and its children go too.
 */
const LEASH = `IFS= read -r line
exec 3<&0
printf '%s\\n' "$line" | setsid "$@" & program=$!
{ while read -r line; do :; done; kill -TERM "-$program"; } <&3 >/dev/null 2>&1 & leash=$!
wait "$program"
code=$?
kill "$leash" 2>/dev/null
exit "$code"`

/**
 * Feeds what one program prints to another one in another container, of whatever size: only what is under way is in memory.
 * @returns how many bytes went through
 * @throws UserError PIPE_FAILED (1) with what the first program that failed complained about
 */
export async function pipe(docker: Docker, from: Piped, to: Piped, signal: AbortSignal): Promise<number> {
  const leashed = { ...from, command: ['sh', '-c', LEASH, 'sh', ...from.command], input: from.input || '\n' }
  const [source, sink] = [await open(docker, leashed), await open(docker, to)]
  const stop = () => {
    source.stream.destroy()
    sink.stream.destroy()
  }
  signal.addEventListener('abort', stop, { once: true })
  try {
    const complaints = complaintsOf(sink.stream).then(async (said) => {
      // A sink may be content before the source has ended; one that failed needs nothing more.
      if ((await exitCodeOf(sink.exec)) !== 0) source.stream.destroy()
      return said
    })
    complaints.catch(() => undefined)
    const { bytes, text } = await pour(source.stream, sink.stream)
    sink.stream.end()
    const told = await complaints
    signal.throwIfAborted()
    await mustHaveWorked(sink.exec, to, told)
    await mustHaveWorked(source.exec, from, text)
    return bytes
  } finally {
    signal.removeEventListener('abort', stop)
    stop()
  }
}

async function open(docker: Docker, { container, command, user, input }: Piped) {
  const exec = await docker
    .getContainer(container)
    .exec({ Cmd: [...command], AttachStdin: true, AttachStdout: true, AttachStderr: true, User: user })
    .catch(explain)
  const stream = (await exec.start({ hijack: true, stdin: true }).catch(explain)) as Duplex
  // Whoever reads or waits learns of it; without a listener it would end this process.
  stream.on('error', () => undefined)
  stream.write(input)
  return { exec, stream }
}

/** Everything on stdout goes on, as fast as it is taken; stderr is kept. */
async function pour(source: Duplex, sink: Duplex): Promise<{ bytes: number; text: string }> {
  let bytes = 0
  let text = ''
  for await (const { error, payload } of framesOf(source)) {
    if (error) text = `${text}${payload.toString()}`.slice(-MOST_COMPLAINTS)
    if (error || sink.destroyed) continue
    bytes += payload.length
    if (!sink.write(payload)) await drained(sink, source)
  }
  return { bytes, text }
}

/** Until the sink takes more, or one of the two is gone. */
function drained(sink: Duplex, source: Duplex): Promise<void> {
  const over = new AbortController()
  const one = (stream: Duplex, event: string) =>
    once(stream, event, { signal: over.signal }).then(
      () => undefined,
      () => undefined,
    )
  return Promise.race([one(sink, 'drain'), one(sink, 'close'), one(source, 'close')]).finally(() => over.abort())
}

async function complaintsOf(stream: Duplex): Promise<string> {
  let text = ''
  for await (const { payload } of framesOf(stream)) text = `${text}${payload.toString()}`.slice(-MOST_COMPLAINTS)
  return text
}

/** The engine’s multiplexed format, as it comes: 1 byte stream, 3 zero bytes, 4 bytes length (big endian), payload. */
async function* framesOf(stream: Duplex): AsyncGenerator<{ error: boolean; payload: Buffer }> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of untilClosed(stream)) {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    while (rest.length >= 8 && rest.length >= 8 + rest.readUInt32BE(4)) {
      const end = 8 + rest.readUInt32BE(4)
      yield { error: rest[0] === 2, payload: rest.subarray(8, end) }
      rest = rest.subarray(end)
    }
  }
}

/** What was destroyed has ended; why is known elsewhere. */
async function* untilClosed(stream: Duplex): AsyncGenerator<Buffer> {
  try {
    yield* stream
  } catch (error) {
    if (!stream.destroyed) throw error
  }
}

/** Its output may end some moments before the engine knows how it ended. Null: it runs on. */
async function exitCodeOf(exec: Docker.Exec): Promise<number | null> {
  for (let waited = 0; ; waited += POLL_MS) {
    const { Running, ExitCode: code } = await exec.inspect()
    if (!Running || waited > MOST_WAITING_MS) return code
    await sleep(POLL_MS)
  }
}

async function mustHaveWorked(exec: Docker.Exec, { container, command }: Piped, complaints: string): Promise<void> {
  const code = await exitCodeOf(exec)
  if (code === 0) return
  const program = command.find((word) => /^pg_/.test(word)) ?? command[0]
  throw new UserError(`${program} in ${container} failed: ${complaints.trim() || `it ended with ${code}`}`, {
    code: 'PIPE_FAILED',
    hint: `Look at what PostgreSQL printed: docker logs ${container}`,
    exitCode: ExitCode.Failed,
  })
}
