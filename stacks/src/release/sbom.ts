import { createHash } from 'node:crypto'
import { Factories } from '@cyclonedx/cyclonedx-library/Contrib/License'
import { ComponentType, LicenseAcknowledgement } from '@cyclonedx/cyclonedx-library/Enums'
import {
  Bom,
  Component,
  ComponentRepository,
  LicenseRepository,
  Metadata,
  OrganizationalEntity,
  Property,
  PropertyRepository,
  Tools,
} from '@cyclonedx/cyclonedx-library/Models'
import { JSON as CycloneJson, JsonSerializer } from '@cyclonedx/cyclonedx-library/Serialize'
import { isSupportedSpdxId } from '@cyclonedx/cyclonedx-library/SPDX'
import { Spec1dot6 } from '@cyclonedx/cyclonedx-library/Spec'

/** What is in an image, as files of that image say it. */
export interface ImageInventory {
  /** Name and tag. */
  readonly reference: string
  /** Image ID. */
  readonly digest: string
  /** Text of /var/lib/dpkg/status. */
  readonly dpkgStatus: string
  /** Text of /etc/os-release. */
  readonly osRelease: string
  /** JavaScript packages that Debian does not know of. */
  readonly npm?: readonly NpmPackage[]
}

export interface NpmPackage {
  readonly name: string
  readonly version: string
  /** As in package.json: an SPDX identifier or expression, or free text. */
  readonly license?: string | undefined
}

export interface SbomMaker {
  /** Version of the program that builds the release. */
  readonly domicile: string
  readonly made: Date
}

/**
 * The bill of materials of an image.
 * @returns CycloneDX 1.6 as JSON text; equal arguments give equal text
 */
export function imageSbom(image: ImageInventory, { domicile, made }: SbomMaker): string {
  const system = osRelease(image.osRelease)
  const components = [
    ...(system ? [systemComponent(system)] : []),
    ...installedPackages(image.dpkgStatus).map((entry) => debianComponent(entry, system)),
    ...(image.npm ?? []).map(npmComponent),
  ]
  const bom = new Bom({
    metadata: new Metadata({ timestamp: made, tools: tools(domicile), component: imageComponent(image) }),
    components: new ComponentRepository(components),
    serialNumber: serialNumber(image),
  })
  for (const component of components) bom.metadata.component?.dependencies.add(component.bomRef)
  return new JsonSerializer(new CycloneJson.Normalize.Factory(Spec1dot6)).serialize(bom, { sortLists: true, space: 1 })
}

const systemComponent = ({ id, version }: System): Component =>
  new Component(ComponentType.OperatingSystem, id, { ...(version && { version }), bomRef: 'os' })

function imageComponent({ reference, digest }: ImageInventory): Component {
  const [, name = reference, version] = /^(.*):([^:/]+)$/.exec(reference) ?? []
  return new Component(ComponentType.Container, name, {
    ...(version && { version }),
    bomRef: 'image',
    properties: new PropertyRepository([new Property('domicile:image:id', digest)]),
  })
}

const tools = (version: string): Tools =>
  new Tools({
    components: new ComponentRepository([new Component(ComponentType.Application, 'domicile', { version })]),
  })

interface System {
  readonly id: string
  readonly version?: string
}

interface DebianPackage {
  readonly name: string
  readonly version: string
  readonly architecture: string
  /** Source package: what Debian's security tracker speaks of. */
  readonly source: string
  readonly sourceVersion: string
  readonly maintainer?: string
}

function debianComponent(entry: DebianPackage, system: System | undefined): Component {
  const { name, architecture, source, sourceVersion, maintainer } = entry
  const upstream = sourceVersion === entry.version ? source : `${source}@${sourceVersion}`
  const { id, version = '' } = system ?? { id: 'debian' }
  const distro = version && `${id}-${version}`
  const qualifiers = { arch: architecture, ...(distro && { distro }), ...(upstream !== name && { upstream }) }
  const query = Object.entries(qualifiers).map(([key, value]) => `${key}=${encoded(value)}`)
  const purl = `pkg:deb/${id}/${encoded(name)}@${encoded(entry.version)}?${query.join('&')}`
  return new Component(ComponentType.Library, name, {
    version: entry.version,
    bomRef: purl,
    purl,
    ...(maintainer && { supplier: new OrganizationalEntity({ name: maintainer }) }),
  })
}

function npmComponent({ name, version, license }: NpmPackage): Component {
  const purl = `pkg:npm/${name.split('/').map(encoded).join('/')}@${encoded(version)}`
  const [scope, plain] = name.startsWith('@') ? name.split('/') : [undefined, name]
  return new Component(ComponentType.Library, plain ?? name, {
    ...(scope && { group: scope }),
    version,
    bomRef: purl,
    purl,
    ...(license && { licenses: new LicenseRepository([declared(license)]) }),
  })
}

/** An SPDX identifier, an expression such as "MIT OR Apache-2.0", or else a name. */
function declared(license: string) {
  const made = new Factories.LicenseFactory(assertExpression).makeFromString(license)
  made.acknowledgement = LicenseAcknowledgement.Declared
  return made
}

/** The grammar without precedence; enough to tell an expression from a sentence. */
function assertExpression(text: string): void {
  const words = text.replace(/[()]/g, ' ').trim().split(/\s+/)
  const fits = words.every((word, index) =>
    index % 2
      ? /^(AND|OR|WITH)$/.test(word)
      : words[index - 1] === 'WITH' || isSupportedSpdxId(word.replace(/\+$/, '')) || word.startsWith('LicenseRef-'),
  )
  if (!fits || words.length % 2 === 0) throw new RangeError('not an SPDX expression')
}

/** Packages that dpkg holds installed, in the order of its file. */
function installedPackages(status: string): DebianPackage[] {
  return status
    .split(/\n{2,}/)
    .map(fields)
    .filter((stanza) => stanza['Status']?.split(' ')[2] === 'installed')
    .map((stanza) => {
      const {
        Package: name = '',
        Version: version = '',
        Architecture: architecture = '',
        Maintainer: maintainer,
      } = stanza
      const [, source = name, sourceVersion = version] = /^(\S+)(?: \((.+)\))?$/.exec(stanza['Source'] ?? '') ?? []
      return { name, version, architecture, source, sourceVersion, ...(maintainer && { maintainer }) }
    })
}

/** First lines of the fields of one stanza. */
const fields = (stanza: string): Record<string, string> =>
  Object.fromEntries([...stanza.matchAll(/^([A-Za-z-]+): *(.*)$/gm)].map(([, name = '', value = '']) => [name, value]))

function osRelease(text: string): System | undefined {
  const value = (name: string): string => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(text)?.[1] ?? ''
  const [id, version] = [value('ID'), value('VERSION_ID')]
  return id ? { id, ...(version && { version }) } : undefined
}

/** As package URLs want it: a colon stays as it is. */
const encoded = (text: string): string => encodeURIComponent(text).replaceAll('%3A', ':')

/** Version 8 of RFC 9562: made of the content, so that equal inventories have equal numbers. */
function serialNumber(image: ImageInventory): string {
  const digest = createHash('sha256').update(JSON.stringify(image)).digest()
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x80
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80
  const hex = digest.toString('hex')
  const groups = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)]
  return `urn:uuid:${groups.join('-')}`
}
