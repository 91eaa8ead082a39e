import type { Advice } from '../protocol.ts'
import type { Found } from './chronicle.ts'

/** A line of the record that does not count any more, in words. */
export const unbelieved = (problem: string): Found => ({
  data: { with: 'record', code: 'DOCUMENT_DOUBTFUL' },
  advice: changedFromOutside(problem),
})

/** What an appliance keeps its licence in is not as it left it; in words. */
export const changedFromOutside = (problem: string): Advice => ({
  code: 'RECORD_TAMPERED',
  message: `What the licence is kept in was changed from outside: ${problem}.`,
  hint: 'What still holds counts. Tell the vendor if you restored an old copy of the volume; the next exchange will show it.',
})

export const REVOKED: Advice = {
  code: 'LICENCE_TAKEN_BACK',
  message: 'The vendor took this licence back.',
  hint: 'Ask for the one that takes its place: domicile license request',
}

/** Nobody's work hangs on it, but what the contract wants for longer must not be removed meanwhile. */
export const UNDECIDED: Advice = {
  code: 'STANDING_UNDECIDED',
  message: 'Since the agent started it could not be read whether there is a licence.',
  hint: 'Old snapshots stay meanwhile. See `domicile logs agent`; too little memory is the usual cause.',
}
