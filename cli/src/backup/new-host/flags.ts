import { Flags } from '@oclif/core'
import { acceptFlag, hostFlags } from '../../preflight/preflight.ts'
import { vendorKeyFlag } from '../../release/open-trusted.ts'

const only = { dependsOn: ['to-new-host'], helpGroup: 'ON A NEW HOST' }

/** Of `restore --to-new-host`; without it none of them means anything. */
export const newHostFlags = {
  'to-new-host': Flags.boolean({
    summary: 'bring the whole appliance onto this empty host, from a second copy',
    dependsOn: ['sheet', 'release'],
    exclusive: ['latest', 'at', 'dry-run', 'without-snapshot'],
    helpGroup: only.helpGroup,
  }),
  from: Flags.string({ ...only, summary: 'where the second copy is; as on the sheet when left out', helpValue: 'URL' }),
  sheet: Flags.string({ ...only, summary: 'recovery sheet: file, or - for standard input', helpValue: 'FILE' }),
  release: Flags.string({ ...only, summary: 'release file of the version that wrote the data', helpValue: 'FILE' }),
  'vendor-key': { ...vendorKeyFlag, ...only },
  'host-key': Flags.string({ ...only, summary: 'fingerprint that the server must show', helpValue: 'SHA256:…' }),
  'ssh-key': Flags.string({
    ...only,
    summary: 'private key that the server knows; one is made otherwise',
    helpValue: 'FILE',
  }),
  's3-keys': Flags.string({ ...only, summary: 'two lines, id and secret; - is standard input', helpValue: 'FILE' }),
  ca: Flags.string({ ...only, summary: 'root certificate of an S3 store of the house, PEM', helpValue: 'FILE' }),
  hostname: Flags.string({ ...only, summary: 'another name or address than it had' }),
  address: { ...hostFlags.address, ...only },
  'http-port': { ...hostFlags['http-port'], ...only },
  'https-port': { ...hostFlags['https-port'], ...only },
  subnet: hostFlags.subnet,
  accept: acceptFlag,
}

export interface NewHostFlags {
  readonly name?: string | undefined
  readonly yes: boolean
  readonly from?: string | undefined
  readonly sheet?: string | undefined
  readonly release?: string | undefined
  readonly 'vendor-key'?: string | undefined
  readonly 'host-key'?: string | undefined
  readonly 'ssh-key'?: string | undefined
  readonly 's3-keys'?: string | undefined
  readonly ca?: string | undefined
  readonly hostname?: string | undefined
  readonly address?: string | undefined
  readonly 'http-port'?: number | undefined
  readonly 'https-port'?: number | undefined
  readonly subnet?: readonly string[] | undefined
  readonly accept?: readonly string[] | undefined
}
