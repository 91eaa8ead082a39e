export { LicenceClientError } from './call-agent.ts'
export { type LicenceClient, type LicenceClientOptions, licenceClient, type SeatOptions } from './licence-client.ts'
export type { SeatHold } from './seat-hold.ts'
export * from './wire.ts'
