import { join } from 'node:path'

/** The least that an `agent.json` says of an application, its database and its vendor; nothing listens there. */
export const LEAST = {
  product: { name: 'erp', title: 'Tryton ERP', version: '7.0.30' },
  vendorKeys: [],
  application: { host: '127.0.0.1', port: 1 },
  database: {
    host: '127.0.0.1',
    role: 'domicile_agent',
    own: 'domicile',
    application: 'erp',
    owner: 'erp',
    app: 'erp_app',
  },
  guards: {},
} as const

export const TEXTS = join(import.meta.dirname, '../texts')
