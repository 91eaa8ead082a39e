import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import { beforeAll, describe, expect, test } from 'vitest'
import { imageSbom } from './index.ts'
import type { ImageInventory } from './sbom.ts'

const DPKG_STATUS = `Package: libssl3t64
Status: install ok installed
Priority: optional
Architecture: amd64
Multi-Arch: same
Source: openssl
Version: 3.5.1-1+deb13u2
Description: Secure Sockets Layer toolkit - shared libraries
 Version: this line belongs to the description
Maintainer: Debian OpenSSL Team <pkg-openssl-devel@alioth-lists.debian.net>

Package: old-thing
Status: deinstall ok config-files
Architecture: amd64
Version: 1.0

Package: bsdutils
Status: install ok installed
Architecture: amd64
Source: util-linux (2.41-5)
Version: 1:2.41-5
Maintainer: util-linux packagers <util-linux@packages.debian.org>

Package: adduser
Status: install ok installed
Architecture: all
Version: 3.152
`

const IMAGE: ImageInventory = {
  reference: 'vendor.example:5000/erp/app:7.0.30',
  digest: `sha256:${'ab'.repeat(32)}`,
  dpkgStatus: DPKG_STATUS,
  osRelease: 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nVERSION_ID="13"\nID=debian\n',
  npm: [
    { name: '@scope/part', version: '1.2.3', license: 'MIT' },
    { name: 'either', version: '2.0.0-rc.1+5', license: '(MIT OR Apache-2.0)' },
    { name: 'own', version: '1.0.0', license: 'see the contract' },
    { name: 'silent', version: '0.0.1' },
  ],
}
const MAKER = { domicile: '0.1.0', made: new Date('2026-11-20T00:00:00Z') }

interface Component {
  readonly type: string
  readonly name: string
  readonly group?: string
  readonly version?: string
  readonly purl?: string
  readonly licenses?: unknown[]
}
interface Document {
  readonly serialNumber: string
  readonly metadata: { readonly component: Component }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[]
}

let text: string
let sbom: Document
beforeAll(async () => {
  text = await imageSbom(IMAGE, MAKER)
  sbom = JSON.parse(text)
})

const purls = (): (string | undefined)[] => sbom.components.map(({ purl }) => purl)
const licensesOf = (wanted: string) => sbom.components.find(({ name }) => name === wanted)?.licenses

describe('the bill of materials of an image', () => {
  test('is CycloneDX 1.6 by its own schema', async () => {
    const place = dirname(createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-library/package.json'))
    const schema = async (name: string) =>
      JSON.parse(await readFile(join(place, 'res/schema', `${name}.SNAPSHOT.schema.json`), 'utf8'))
    const parts = { 'http://cyclonedx.org/schema/spdx.SNAPSHOT.schema.json': await schema('spdx') }
    const signature = { 'http://cyclonedx.org/schema/jsf-0.82.SNAPSHOT.schema.json': await schema('jsf-0.82') }
    const ajv = new Ajv({ strict: false, schemas: { ...parts, ...signature }, formats: { 'iri-reference': true } })
    formats.default(ajv)
    ajv.addFormat('idn-email', /@/)
    const valid = ajv.compile(await schema('bom-1.6'))

    expect(valid(sbom), JSON.stringify(valid.errors)).toBe(true)
    expect(valid({ ...sbom, components: [{ type: 'library' }] })).toBe(false)
  })

  test('names every installed Debian package, and no other', () => {
    expect(purls().filter((purl) => purl?.startsWith('pkg:deb'))).toEqual([
      'pkg:deb/debian/adduser@3.152?arch=all&distro=debian-13',
      'pkg:deb/debian/bsdutils@1:2.41-5?arch=amd64&distro=debian-13&upstream=util-linux%402.41-5',
      'pkg:deb/debian/libssl3t64@3.5.1-1%2Bdeb13u2?arch=amd64&distro=debian-13&upstream=openssl',
    ])
  })

  test('names JavaScript packages with their licences as declared', () => {
    expect(purls().filter((purl) => purl?.startsWith('pkg:npm'))).toEqual([
      'pkg:npm/%40scope/part@1.2.3',
      'pkg:npm/either@2.0.0-rc.1%2B5',
      'pkg:npm/own@1.0.0',
      'pkg:npm/silent@0.0.1',
    ])
    expect(sbom.components.find(({ name }) => name === 'part')?.group).toBe('@scope')
    expect(licensesOf('part')).toMatchObject([{ license: { id: 'MIT', acknowledgement: 'declared' } }])
    expect(licensesOf('either')).toMatchObject([{ expression: '(MIT OR Apache-2.0)' }])
    expect(licensesOf('own')).toMatchObject([{ license: { name: 'see the contract' } }])
    expect(licensesOf('silent')).toBeUndefined()
  })

  test('says which image and which system it describes', () => {
    expect(sbom.metadata.component).toMatchObject({
      type: 'container',
      name: 'vendor.example:5000/erp/app',
      version: '7.0.30',
      properties: [{ name: 'domicile:image:id', value: IMAGE.digest }],
    })
    expect(sbom.components).toContainEqual(expect.objectContaining({ type: 'operating-system', version: '13' }))
    expect(sbom.dependencies.find(({ ref }) => ref === 'image')?.dependsOn).toHaveLength(sbom.components.length)
  })

  test('is the same for the same image, and another for another', async () => {
    expect(await imageSbom(IMAGE, MAKER)).toBe(text)
    const other = JSON.parse(await imageSbom({ ...IMAGE, npm: [] }, MAKER)) as Document
    expect(other.serialNumber).not.toBe(sbom.serialNumber)
  })

  test('an image without Debian in it has one too, which invents nothing', async () => {
    const bare = { reference: 'app:1', digest: IMAGE.digest, dpkgStatus: '', osRelease: '' }
    expect((JSON.parse(await imageSbom(bare, MAKER)) as Partial<Document>).components ?? []).toEqual([])
  })
})
