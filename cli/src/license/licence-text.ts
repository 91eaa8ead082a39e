import type { LicenceStatus } from '@domicile/appliance-image/agent-protocol'
import type { LicenceClaims } from '@domicile/license/document'
import type { Standing } from '@domicile/license/standing'
import { labelled } from '../screen/columns.ts'

/** What `license show --json` prints: what happened without the documents themselves, the licence with its terms. */
export function licenceDocument(status: LicenceStatus) {
  const { licence, events, ...rest } = status
  return { ...rest, licence, events: events.map(({ at, kind }) => ({ at, kind })) }
}

const WORDS: Readonly<Record<Standing['state'], string>> = {
  good: 'good: everything works',
  unlicensed: 'no licence yet; apply one with: domicile license apply FILE',
  notice: 'everything works, and something is due',
  'read-only': 'read-only: people log in and read, nothing can be changed',
  suspended: 'suspended: people see a page that says why; the data is kept',
  terminated: 'terminated: the right to use it has ended; take your data out',
  ended: 'ended: nobody gets in; the data may be deleted',
}

/** Licence, limits, standing and what comes next, for a terminal. */
export function licenceText(status: LicenceStatus): string {
  const { licence, installation } = status
  const sections = [
    ['Installation', installation],
    ...(licence ? licenceLines(licence) : []),
    ...usageLines(status),
  ].map(([label = '', value = '']) => labelled(label, value))
  return [...sections, '', ...standingLines(status)].join('\n')
}

export function licenceLines(licence: LicenceClaims): string[][] {
  const { customer, term, terms } = licence
  const address = customer.address ? `, ${customer.address}` : ''
  return [
    ['Licensed to', `${customer.name} (${customer.taxNumber})${address}`],
    ...licence.locations.map((location) => ['Location', location]),
    ['By', `${licence.iss}${licence.contact ? `, ${licence.contact}` : ''}`],
    [
      'Product',
      `${licence.product}${licence.edition ? `, ${licence.edition}` : ''}, ${licence.purpose}${licence.trial ? ', trial' : ''}`,
    ],
    ['Contract', `${licence.contract}, document ${licence.seq} (${licence.jti})`],
    ['Terms', `${terms.name}, version ${terms.version}, SHA-256 ${terms.sha256.slice(0, 16)}…`],
    ['Use', `from ${term.from} ${term.until ? `until the end of ${term.until}` : 'for good'}`],
    ['Paid', licence.paidThrough ? `until the end of ${licence.paidThrough}` : 'nothing is owed from time to time'],
    [
      'Maintenance',
      licence.maintenanceUntil
        ? `until the end of ${licence.maintenanceUntil}; later releases are not covered`
        : 'none',
    ],
    ...Object.entries(licence.modules).map(([module, { users, from, until }]) => [
      'Module',
      [module, users && `${users.max} users (${users.behaviour})`, from && `from ${from}`, until && `until ${until}`]
        .filter(Boolean)
        .join(', '),
    ]),
  ]
}

export const BEHAVIOUR = {
  refuse: 'one more is refused',
  warn: 'more are let in, and it is said',
  count: 'more are counted',
} as const

function usageLines({ usage, standing }: LicenceStatus): string[][] {
  const { users, sessions, installations, meters = {} } = standing.effects.limits
  const line = (
    label: string,
    used: number | null,
    limit: { max: number; behaviour: keyof typeof BEHAVIOUR } | undefined,
  ) =>
    limit
      ? [[label, `${used ?? 'unknown'} of ${limit.max}; ${BEHAVIOUR[limit.behaviour]}`]]
      : [[label, `${used ?? 'unknown'}, no limit`]]
  return [
    ...line('Named users', usage.users.used, users),
    ...line('Sessions now', usage.sessions.used, sessions),
    ...(sessions
      ? [
          [
            '',
            `${sessions.reserved} of them reserved for administrators; free again after ${sessions.idleMinutes} idle minutes`,
          ],
        ]
      : []),
    ...(sessions && sessions.services > 0
      ? line('Service sessions', usage.services.used, { max: sessions.services, behaviour: sessions.behaviour })
      : []),
    ...(installations ? [['Installations', `${installations.max}; ${BEHAVIOUR[installations.behaviour]}`]] : []),
    ...Object.entries(meters).map(([meter, { max, per, behaviour }]) => [
      'Meter',
      `${meter}: ${max}${per ? ` a ${per}` : ''}; ${BEHAVIOUR[behaviour]}`,
    ]),
    ...(standing.effects.tier ? [['Tier', standing.effects.tier]] : []),
  ]
}

/** How it stands, why, and what happens next. */
export function standingLines({ standing, clock, findings, maintenance }: LicenceStatus): string[] {
  const { state, since, reasons, effects, next } = standing
  const { upgradesThrough, purgeFrom } = effects
  return [
    `Standing: ${WORDS[state]}${since ? ` (since ${since})` : ''}`,
    ...reasons.map(({ text, clause }) => `  ${text} [clause ${clause}]`),
    ...effects.notices.map(({ texts }) => `  Notice: ${texts['en']?.title ?? ''}. ${texts['en']?.text ?? ''}`),
    ...(next
      ? [
          `Next:     ${next.at}: ${WORDS[next.state]}. ${next.text} [clause ${next.clause}]${next.waitsFor ? ' Not before its notice has been shown.' : ''}`,
        ]
      : ['Next:     nothing by itself']),
    ...(upgradesThrough ? [`Upgrades: to releases published until ${upgradesThrough}`] : []),
    ...(purgeFrom ? [`Deletion: allowed from ${purgeFrom}`] : []),
    'Always:   applying a licence, and getting at the data: whatever the standing',
    ...(maintenance
      ? [
          `Planned maintenance: ${maintenance.from} to ${maintenance.until}${maintenance.text ? `: ${maintenance.text}` : ''}`,
        ]
      : []),
    ...(clock.problem ? [`Clock:    ${clock.problem}`] : []),
    ...findings.map(({ message, hint }) => `Finding:  ${message} ${hint}`),
  ]
}
