import type { IncomingHttpHeaders } from 'node:http'
import { request as plainRequest } from 'node:http'
import { request as secureRequest } from 'node:https'
import { connect, type PeerCertificate, type SecureVersion } from 'node:tls'

export interface Site {
  /** Where the host answers. */
  readonly address: string
  readonly port?: number
  /** The name that the certificate must carry. */
  readonly hostname: string
  /** Root certificate that must have signed it, PEM. */
  readonly root: string
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** One HTTPS request as a browser would make it: the chain and the name of the certificate are verified. */
export function visit(
  site: Site,
  path = '/',
  { method = 'GET', headers = {}, body = '' }: Asked = {},
): Promise<Answer> {
  const { address, hostname, port = 443, root } = site
  return new Promise((resolve, reject) => {
    const call = secureRequest(
      {
        ...{ host: address, port, path, method, servername: hostname, ca: root, agent: false, timeout: 30_000 },
        headers: { host: hostname, 'content-length': Buffer.byteLength(body), ...headers },
      },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks).toString() }),
        )
      },
    )
    call.on('timeout', () => call.destroy(new Error(`no answer from https://${hostname}${path} within 30 s`)))
    call.on('error', reject)
    call.end(body)
  })
}

/** Sends a form. */
export const submit = (site: Site, path: string, fields: Readonly<Record<string, string>>) =>
  visit(site, path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  })

/** One request without TLS; redirections are not followed. */
export function visitPlain({ address, hostname }: Site, port = 80, path = '/'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = plainRequest({ host: address, port, path, agent: false, headers: { host: hostname } }, (answer) => {
      answer.resume()
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: '' })
    })
    call.on('error', reject)
    call.end()
  })
}

/** The certificate served and the protocol agreed on; nothing is verified. @throws Error when the handshake is refused */
export function shakeHands(
  { address, hostname, port = 443 }: Omit<Site, 'root'>,
  version?: SecureVersion,
): Promise<{ certificate: PeerCertificate; protocol: string | null }> {
  const versions = version ? { minVersion: version, maxVersion: version } : {}
  // Old versions need Node's own guard lowered, so that it is the server that refuses.
  const ciphers = version === 'TLSv1.1' ? { ciphers: 'DEFAULT@SECLEVEL=0' } : {}
  return new Promise((resolve, reject) => {
    const socket = connect(
      { host: address, port, servername: hostname, rejectUnauthorized: false, ...versions, ...ciphers },
      () => {
        resolve({ certificate: socket.getPeerCertificate(), protocol: socket.getProtocol() })
        socket.destroy()
      },
    )
    socket.on('error', reject)
  })
}
