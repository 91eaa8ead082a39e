import { ExitCode, UserError } from '@domicile/stacks/kernel'

type DockerError = Error & { code?: string; statusCode?: number }

const REMEDIES: Readonly<Record<string, { code: string; hint: string }>> = {
  ENOENT: {
    code: 'ENGINE_MISSING',
    hint: 'Start Docker Engine (systemctl start docker), or bring it with `domicile host prepare`.',
  },
  ECONNREFUSED: { code: 'ENGINE_DOWN', hint: 'Start Docker Engine: systemctl start docker' },
  ECONNRESET: {
    code: 'ENGINE_DOWN',
    hint: 'Docker Engine went away while it worked. Start it (systemctl start docker) and run the command again.',
  },
  EACCES: { code: 'ENGINE_FORBIDDEN', hint: 'This user may not use Docker. Run the command with sudo.' },
}

/** Failures that the engine tells apart in its text alone. What the text changes is the advice, nothing else. */
const ADVICE: readonly (readonly [RegExp, { code: string; hint: string }])[] = [
  [
    /no space left on device/,
    {
      code: 'DISK_FULL',
      hint: 'Free some space where the engine keeps its data (docker system df; df -h /var/lib/docker) and run the command again.',
    },
  ],
  [
    /port is already allocated|address already in use/,
    {
      code: 'PORT_TAKEN',
      hint: 'See who listens there (ss -ltnp), and free the port or choose others with --http-port and --https-port.',
    },
  ],
]

/** Rethrows a failure of the engine with what it means and a remedy. */
export function explain(error: DockerError): never {
  if (error.name === 'AbortError' || error instanceof UserError) throw error
  const remedy = REMEDIES[error.code ?? '']
  const advice = ADVICE.find(([text]) => text.test(error.message))?.[1]
  throw new UserError(`Docker Engine ${remedy ? 'cannot be reached' : 'refused'}: ${error.message}`, {
    code: remedy?.code ?? advice?.code ?? 'ENGINE_REFUSED',
    hint:
      remedy?.hint ??
      advice?.hint ??
      'Run the command again; if it stays, look at the engine’s log (journalctl -u docker).',
    exitCode: ExitCode.Failed,
    cause: error,
  })
}

/** For `catch`: answers that mean “already so” become `value`, which makes a call safe to repeat. */
export const tolerate =
  <T = void>(statusCodes: readonly number[], value?: T) =>
  (error: DockerError): T => {
    if (statusCodes.includes(error.statusCode ?? 0)) return value as T
    return explain(error)
  }

/** `undefined` when the engine does not know the thing. */
export const notFound = <T>(call: Promise<T>): Promise<T | undefined> =>
  call.catch(tolerate<T | undefined>([404], undefined))
