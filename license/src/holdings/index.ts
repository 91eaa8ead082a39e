export {
  type Circumstances,
  emptyHoldings,
  HAPPENINGS,
  type Holdings,
  IMPORTED,
  replay,
  type Taken,
  take,
  VENDOR_KEYS,
} from './holdings.ts'
