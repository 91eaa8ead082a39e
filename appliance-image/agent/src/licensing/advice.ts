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
