import { releaseSchema } from '@domicile/stacks/release'
import { composeSchema, manifestSchema } from '@domicile/stacks/stack'
import { z } from 'zod'
import * as outputs from './outputs.ts'

/** JSON Schemas by file: what people write (as they write it), what travels, what commands print. */
export function schemaFiles(): [path: string, text: string][] {
  const written = { appliance: manifestSchema, compose: composeSchema }
  const printed = { release: releaseSchema, ...outputs }
  return [
    ...Object.entries(written).map(([name, schema]) => file(name, schema, 'input')),
    ...Object.entries(printed).map(([name, schema]) => file(name, schema, 'output')),
  ]
}

function file(key: string, schema: z.ZodType, io: 'input' | 'output'): [path: string, text: string] {
  const name = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  const document = { $id: `domicile/${name}.schema.json`, ...z.toJSONSchema(schema, { io, override: admitExtensions }) }
  return [`reference/schemas/${name}.schema.json`, `${JSON.stringify(document, null, 2)}\n`]
}

/** Keys of the vendor's own are taken off before a Compose file is checked, which a schema cannot say by itself. */
function admitExtensions({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodTypes
  jsonSchema: z.core.JSONSchema.BaseSchema
}) {
  const { def } = zodSchema._zod
  if (def.type !== 'pipe' || def.in._zod.def.type !== 'transform') return
  jsonSchema.patternProperties = { '^x-': {} }
}
