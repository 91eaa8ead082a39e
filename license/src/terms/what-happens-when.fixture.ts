import { ORDER_NOTICE, type Stage, type Terms, type Track } from './terms.ts'

/** The tables of docs/admin/what-happens-when.md: a terms profile in plain words. */
export function profileInWords(terms: Terms): string {
  return [
    `### ${terms.title} (\`${terms.name}\`, version ${terms.version})`,
    ...terms.tracks.flatMap((track) => [`**${TRACKS[track.anchor]}**`, stageTable(terms, track)]),
    ...(terms.tiers ? [`**Tiers** (${terms.tiers.clause}). ${terms.tiers.text}`] : []),
    ...(terms.excess
      ? [`**When use exceeded the licence** (${terms.excess.clause}). ${excessInWords(terms.excess)}`]
      : []),
    `**Ending it.** ${terminationInWords(terms)}`,
    ...limitTable(terms),
    ...fairUseTable(terms),
    ...ruleTable(terms),
  ].join('\n\n')
}

const TRACKS: Readonly<Record<Track['anchor'], string>> = {
  paidThrough: 'When payment is late',
  termUntil: 'When the licence comes to its last day',
  trialUntil: 'When a trial comes to its last day',
  expiry: 'When what is prepaid comes to its last day',
  'order-suspend': 'When the vendor orders a restriction',
  'order-warn': 'When the vendor warns of a breach in writing',
  'order-terminate': 'When the vendor ends the contract',
  termination: 'When notice was given of the end',
  terminated: 'After the contract has ended',
}

const ANCHORS: Readonly<Record<Track['anchor'], readonly [after: string, before: string]>> = {
  paidThrough: ['the last paid day', 'the last paid day is over'],
  termUntil: ['the last day of the licence', 'the last day of the licence is over'],
  trialUntil: ['the last day of the trial', 'the last day of the trial is over'],
  expiry: ['the last paid day', 'the last paid day is over'],
  'order-suspend': ['the order takes effect', ''],
  'order-warn': ['the warning takes effect', ''],
  'order-terminate': ['the order takes effect', ''],
  termination: ['the last day of the contract', ''],
  terminated: ['the end', ''],
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

const stageTable = (terms: Terms, track: Track) =>
  table(
    ['From when', 'What people find', 'Why', 'Clause'],
    track.stages.map((stage) => [
      [beginsInWords(track, stage), ...stage.after.map((one) => conditionInWords(terms, one))]
        .filter(Boolean)
        .join(', '),
      effectsInWords(terms, stage),
      reasonInWords(stage.text, track),
      stage.clause,
    ]),
  )

function beginsInWords({ anchor }: Track, { days, after }: Stage): string {
  const [moment, over] = ANCHORS[anchor]
  const fromMoment = over === '' && anchor !== 'termination'
  if (days === null) return after.length > 0 ? '' : 'as soon as it is known'
  if (days === 0) return fromMoment ? `when ${anchor === 'terminated' ? 'it ends' : moment}` : `when ${moment} is over`
  if (days < 0) return `${count(-days)} before ${over}`
  return `${count(days)} after ${moment}`
}

function conditionInWords(terms: Terms, { notices, days }: Stage['after'][number]): string {
  if (notices.includes(ORDER_NOTICE)) return 'if the vendor gave notice or it is urgent'
  const titles = notices.map((id) => `“${terms.notices[id]?.texts.en.title ?? id}”`).join(' or ')
  return days === 0 ? `once ${titles} has been shown` : `at least ${count(days)} after ${titles} was first shown`
}

const count = (days: number) => (days === 1 ? 'one day' : `${days} days`)

function effectsInWords(terms: Terms, { notice, effects, state, final }: Stage): string {
  const shown = notice === null ? null : terms.notices[notice]
  const audience = shown?.audience === 'administrators' ? 'Administrators read' : 'Everybody reads'
  return [
    `\`${state}\`.`,
    effects.blocked
      ? 'Nobody gets in; a page says why.'
      : effects.readOnly
        ? 'Data can be read, not changed.'
        : 'Everything works.',
    effects.purge ? 'The data may be deleted.' : '',
    shown ? `${audience} “${shown.texts.en.title}”.` : '',
    final ? 'Only a new licence lifts it.' : '',
  ]
    .filter(Boolean)
    .join(' ')
}

function reasonInWords(text: string, { anchor }: Track): string {
  const words: Readonly<Record<string, string>> = {
    vendor: 'the vendor',
    reason: '*the reason*',
    orderClause: '*clause*',
    effective: '*the day*',
    since: '*the day*',
    paidThrough: '*the last paid day*',
    due: '*the last paid day*',
    until: anchor === 'trialUntil' ? '*the last day*' : '*its last day*',
  }
  const filled = text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => words[name] ?? whole)
  return `${filled.charAt(0).toUpperCase()}${filled.slice(1)}`
}

function terminationInWords({ termination: { notice, ends, clause } }: Terms): string {
  const { days = 0, months = 0 } = notice
  if (days === 0 && months === 0) return `The contract names no period of notice (${clause}).`
  const period = months > 0 ? `${months} months` : count(days)
  const end =
    ends === 'month'
      ? 'it ends with the calendar month in which that period runs out'
      : 'it ends with the last day of that period'
  return `Notice is ${period}; ${end} (${clause}).`
}

const limitTable = ({ limits }: Terms) =>
  Object.keys(limits).length === 0
    ? []
    : [
        table(
          ['Limit', 'Unless the licence says otherwise', 'What the contract says', 'Clause'],
          Object.entries(limits).flatMap(([limit, rule]) =>
            rule ? [[limit, BEHAVIOURS[rule.behaviour], rule.text, rule.clause]] : [],
          ),
        ),
      ]

const BEHAVIOURS = { refuse: 'one more is refused', warn: 'a notice is shown', count: 'counted for the audit' } as const

function excessInWords({ text, licences, maintenance, penaltyTimes }: NonNullable<Terms['excess']>): string {
  const penalty = penaltyTimes === undefined ? '' : `The contract penalty is ${penaltyTimes} times the licence value.`
  const charged = [...(licences ? ['missing licences'] : []), ...(maintenance ? ['their maintenance'] : [])].join(
    ' and ',
  )
  return [text, charged ? `An audit counts ${charged}.` : '', penalty].filter(Boolean).join(' ')
}

const fairUseTable = ({ fairUse }: Terms) =>
  fairUse.length === 0
    ? []
    : [
        table(
          ['Fair use', 'At most', 'Counted by', 'Clause'],
          fairUse.map(({ what, max, unit, each, per, meter, clause }) => [
            what,
            [`${max} ${unit}`, ...(each ? [`for each ${each}`] : []), ...(per ? [`a ${per}`] : [])].join(' '),
            meter ? `\`${meter}\`` : 'nobody; agreed only',
            clause,
          ]),
        ),
      ]

const ruleTable = ({ rules }: Terms) =>
  rules.length === 0
    ? []
    : [
        table(
          ['Clause', 'Also agreed'],
          rules.map(({ clause, text }) => [clause, text]),
        ),
      ]
