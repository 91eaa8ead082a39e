import { HELPER_SOCKET } from '@domicile/appliance-image/helper-protocol'
import { type HostFile, layoutOf, UID } from '@domicile/stacks/plan'

const UNIT_FOLDER = '/etc/systemd/system'

/** How the helper is called: the program, and what it is given before its own words. */
export type Program = readonly [string, ...string[]]

const unitFile = (path: string, content: string): HostFile => ({ path, content, mode: 0o644, uid: 0, gid: 0 })

export const socketUnit = (appliance: string) => `domicile-helper@${appliance}.socket`
export const serviceUnit = (appliance: string) => `domicile-helper@${appliance}.service`

/**
 * The helper's units: a socket that systemd holds, at which the appliance's agent asks, and the service that is started by
 * the first one who does. Each appliance has its own pair, so removing one appliance touches no other.
 */
export const helperUnits = (appliance: string, program: Program): readonly [socket: HostFile, service: HostFile] => [
  unitFile(`${UNIT_FOLDER}/${socketUnit(appliance)}`, socketText(appliance)),
  unitFile(`${UNIT_FOLDER}/${serviceUnit(appliance)}`, serviceText(appliance, program)),
]

const HEADER = (appliance: string) => `# Written by domicile; "domicile apply --name ${appliance}" writes it again.\n`

const socketPath = (appliance: string) => `${layoutOf(appliance).lib}/run/${HELPER_SOCKET}`

const socketText = (appliance: string) => `${HEADER(appliance)}[Unit]
Description=Where the agent of the appliance ${appliance} asks for backups

[Socket]
ListenStream=${socketPath(appliance)}
SocketMode=0600
# The agent's user has a number and no name here, which is why SocketUser= does not take it. The folder is that user's own: a
# link that it puts there meanwhile is not followed.
ExecStartPost=/bin/chown -h ${UID.agent}:${UID.agent} ${socketPath(appliance)}
RemoveOnStop=yes

[Install]
WantedBy=sockets.target
`

/**
 * Who can have containers made is as good as root, and no option here changes that; they keep mistakes small. The engine,
 * not this process, has the load: nothing is said about processors and memory.
 */
const serviceText = (appliance: string, program: Program) => `${HEADER(appliance)}[Unit]
Description=Backups of the appliance ${appliance}
After=docker.service

[Service]
ExecStart=${[...program, 'helper', 'serve', '--name', appliance].map(quoted).join(' ')}
TimeoutStopSec=120
# A dead helper is started by the next who asks; its agent asks every minute.
Restart=no
NoNewPrivileges=yes
PrivateTmp=yes
ProtectSystem=full
ReadWritePaths=-/etc/domicile
ProtectHome=read-only
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictRealtime=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
`

/** systemd.service(5): words in double quotes; `%` and `$` mean something. */
const quoted = (word: string) =>
  /^[\w@/:.+-]+$/.test(word)
    ? word
    : `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`

/** The program that a unit starts, as far as it can be read; `undefined`: nothing of ours. */
export function programOf(text: string, appliance: string): string | undefined {
  const line = /^ExecStart=(.*)$/m.exec(text)?.[1]
  if (!line?.endsWith(` helper serve --name ${appliance}`)) return undefined
  const [, inQuotes, bare] = /^(?:"((?:[^"\\]|\\.)*)"|(\S+))/.exec(line) ?? []
  return bare ?? inQuotes?.replaceAll('$$', '$').replaceAll('%%', '%').replaceAll('\\"', '"').replaceAll('\\\\', '\\')
}
