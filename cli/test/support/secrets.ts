import type { Customer } from './customer.ts'

const SEEN = '/root/processes-seen'

/** From now on, keeps what any process of the host shows of itself in its arguments and its environment. */
export async function watchProcesses({ host }: Customer): Promise<void> {
  const look = `while :; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; sleep 0.2; done > ${SEEN}`
  await host.must('systemd-run', ['--unit=process-watch', 'sh', '-c', look])
}

/**
 * Which secrets show where they must not: in what any container was made from or printed, in the records, or in a
 * process, now and since `watchProcesses`.
 * @param also what no file holds any more
 * @returns names of the files that hold them; of `also`, the very text
 */
export async function secretsThatShow(
  { host }: Customer,
  name: string,
  also: readonly string[] = [],
): Promise<string[]> {
  const lib = `/var/lib/domicile/${name}`
  const collect = `{ docker ps -aq | xargs docker inspect; docker ps -aq | xargs -n1 docker logs; cat ${SEEN} ${lib}/*.json*
    find /etc/domicile ${lib}/release ${lib}/config -type f -exec cat {} +
    cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ; } > /root/places 2>&1`
  await host.run('sh', ['-c', collect])
  const files = (await host.must('find', [`${lib}/secrets`, '-type', 'f', '-size', '+0'])).split('\n')
  // The secret itself comes last: one file is a program's configuration, and begins as such.
  const contents = files.map(
    async (file) => [file, (await host.readFile(file)).trim().split('\n').at(-1) ?? ''] as const,
  )
  const suspects = [...(await Promise.all(contents)), ...also.map((text) => [text, text] as const)]
  const verdicts = suspects.map(async ([label, text]) => {
    const args = ['--text', '--quiet', '--fixed-strings', '--file=-', '/root/places']
    return (await host.run('grep', args, { input: text })).exitCode === 0 ? [label] : []
  })
  return (await Promise.all(verdicts)).flat()
}
