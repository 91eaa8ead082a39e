import type { Chain, Claims, DocumentKind, LicenceClaims, Limits } from '@domicile/license/document'
import { installationFingerprint } from '../../license/installation-key.ts'
import { BEHAVIOUR, licenceLines } from '../../license/licence-text.ts'
import { labelled } from '../../screen/columns.ts'

/** What a document says, in plain words, a line each; no line is longer than its facts. */

type Described = { readonly [K in DocumentKind]: { readonly kind: K; readonly claims: Claims<K> } }[DocumentKind]

export function documentLines(document: Described): string[] {
  return rowsOf(document).map(([label = '', value = '']) => labelled(label, value.replaceAll(/\s+/g, ' ')))
}

type Rows = readonly (readonly string[])[]

function rowsOf(document: Described): Rows {
  switch (document.kind) {
    case 'licence':
      return [['Licence', made(document.claims)], ...licenceRows(document.claims)]
    case 'renewal':
      return [['Renewal', numbered(document.claims)], ...renewalRows(document.claims)]
    case 'order':
      return [['Order', numbered(document.claims)], ...orderRows(document.claims)]
    case 'receipt':
      return [
        ['Receipt', numbered(document.claims)],
        ['Paid', `until the end of ${document.claims.paidThrough}`],
        ...(document.claims.reference ? [['Reference', document.claims.reference]] : []),
      ]
    case 'keys':
      return keyRows(document.claims)
    case 'unlock':
      return [
        ['Unlock', made(document.claims)],
        ['Installation', document.claims.installation],
        ['Sets the time to', document.claims.at],
        ['Reason', document.claims.reason],
      ]
    case 'anchor':
      return [['Counter-signed', made(document.claims)], ...anchorRows(document.claims)]
    case 'request':
      return [['Request', made(document.claims)], ...requestRows(document.claims)]
    case 'usage':
      return [
        ['Usage report', made(document.claims)],
        ['Period', `${document.claims.period.from} to ${document.claims.period.until}`],
        ...requestRows(document.claims),
        ...reportRows(document.claims),
      ]
  }
}

const made = ({ jti, iss, iat }: { jti: string; iss: string; iat: number }) =>
  `${jti}, made by ${iss} at ${new Date(iat * 1000).toISOString()}`

const numbered = (claims: { jti: string; iss: string; iat: number; contract: string; seq: number }) =>
  `document ${claims.seq} of contract ${claims.contract}, ${made(claims)}`

const licenceRows = (claims: LicenceClaims): Rows => [
  ...licenceLines(claims),
  ['Installation', claims.installation ?? 'any of the customer’s'],
  ...limitRows(claims.limits),
  ...(claims.tiers
    ? [['Tiers', `${claims.tiers.current} now, of ${tierNames(claims.tiers)} by yearly ${claims.tiers.meter}`]]
    : []),
  ['Newer documents', claims.feed ?? 'come as files'],
]

const tierNames = ({ steps }: NonNullable<LicenceClaims['tiers']>) =>
  steps.map(({ name, upTo }) => (upTo === null ? name : `${name} (to ${upTo})`)).join(', ')

const limitRows = ({ users, sessions, installations, meters = {} }: Limits): Rows => [
  ['Named users', users ? `${users.max}; ${BEHAVIOUR[users.behaviour]}` : 'no limit'],
  [
    'Sessions',
    sessions
      ? `${sessions.max}, ${sessions.reserved} of them for administrators, ${sessions.services} beside them for services; ` +
        `free again after ${sessions.idleMinutes} idle minutes; ${BEHAVIOUR[sessions.behaviour]}`
      : 'no limit',
  ],
  ...(installations ? [['Installations', `${installations.max}; ${BEHAVIOUR[installations.behaviour]}`]] : []),
  ...Object.entries(meters).map(([meter, { max, per, behaviour }]) => [
    'Meter',
    `${meter}: ${max}${per ? ` a ${per}` : ''}; ${BEHAVIOUR[behaviour]}`,
  ]),
]

const renewalRows = ({ licence, until, maintenanceUntil, paidThrough, limits }: Claims<'renewal'>): Rows => [
  ['Renews', `licence ${licence}; what is not named here stays`],
  ...(until === undefined ? [] : [['Use', until === null ? 'for good' : `until the end of ${until}`]]),
  ...(maintenanceUntil === undefined
    ? []
    : [['Maintenance', maintenanceUntil === null ? 'none' : `until the end of ${maintenanceUntil}`]]),
  ...(paidThrough === undefined
    ? []
    : [['Paid', paidThrough === null ? 'nothing is owed from time to time' : `until the end of ${paidThrough}`]]),
  ...(limits ? limitRows(limits).filter(([, value]) => value !== 'no limit') : []),
]

const ACTIONS: Readonly<Record<Claims<'order'>['action'], string>> = {
  suspend: 'suspends the use; the data is kept',
  lift: 'lifts what an earlier order began',
  terminate: 'ends the right to use it',
  warn: 'warns of a breach, in writing',
}

const orderRows = ({ action, reason, clause, effective, notice, urgent }: Claims<'order'>): Rows => [
  ['What it does', `${ACTIONS[action]}, from ${effective}`],
  ['Reason', reason],
  ['Clause', clause],
  ['Notice', notice ? `given ${notice.given}: ${notice.text}` : urgent ? 'none: urgent' : 'not needed'],
]

const keyRows = (claims: Claims<'keys'>): Rows => [
  ['Key list', `version ${claims.version}, ${made(claims)}`],
  ...claims.keys.map(({ kid, from, until }) => [
    'Key that signs',
    [kid, from && `from ${from}`, until && `until ${until}`].filter(Boolean).join(' '),
  ]),
  ...claims.revokedKeys.map((kid) => ['Revoked key', `${kid}: nothing signed with it counts any more`]),
  ...claims.revokedLicences.map((jti) => ['Revoked licence', jti]),
]

const anchorRows = ({ installation, length, genesis, head, with: what }: Claims<'anchor'>): Rows => [
  ['Installation', installation],
  ['Record', recordText({ length, genesis, head })],
  ['Exchange', what === 'request' ? 'of a request' : 'of usage'],
]

const reportRows = ({ report }: Claims<'usage'>): Rows =>
  report ? [['Report file', `${report.bytes} bytes, SHA-256 ${report.sha256}`]] : []

const requestRows = ({
  installation,
  product,
  version,
  purpose,
  contract,
  seq,
  usage,
  chain,
}: Claims<'request'>): Rows => [
  ['Installation', installation.id],
  ['Its key', `fingerprint ${installationFingerprint(installation.publicKey)}`],
  ['Product', `${product} ${version}, ${purpose}`],
  ['Contract', contract === null ? 'none yet' : `${contract}, document ${seq ?? 'none'} is the last it has`],
  ...Object.entries(usage).map(([name, value]) => ['Counted', `${name}: ${value}`]),
  ['Record', recordText(chain)],
]

const recordText = ({ length, genesis, head }: Pick<Chain, 'length' | 'genesis' | 'head'>) =>
  `${length} lines, begun with ${genesis.slice(0, 16)}…, at ${head.slice(0, 16)}…`
