import { createHash, createPublicKey, type KeyObject } from 'node:crypto'

const TOKEN = /^[A-Za-z0-9_-]{1,256}$/

/**
 * What to answer to the http-01 challenge of any token, or null for what is no token (RFC 8555, section 8.3). It proves
 * who holds the account key and nothing else, so no order needs to be remembered.
 */
export function keyAuthorization(token: string, thumbprint: string): string | null {
  return TOKEN.test(token) ? `${token}.${thumbprint}` : null
}

/** The thumbprint of the account key's public half (RFC 7638). */
export function thumbprintOf(accountKey: string | KeyObject): string {
  const { crv, kty, x, y } = createPublicKey(accountKey).export({ format: 'jwk' })
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
}
