export { type Guards, guardsSchema, type Meters, metersSchema } from './manifest.ts'
