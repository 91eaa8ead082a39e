import { describe, expect, test } from 'vitest'
import { engineWords, parseS3Keys } from './engine-words.ts'
import { chooseHostKey, fingerprint, knownHost } from './host-key.ts'
import { parsePlace, placeUrl } from './target-url.ts'

describe('a place', () => {
  test.each([
    ['sftp://backup@nas.example.com/srv/erp', 'sftp://backup@nas.example.com:22//srv/erp'],
    ['sftp://backup@10.0.0.9:2222/srv/erp', 'sftp://backup@10.0.0.9:2222//srv/erp'],
    ['sftp://u1@[2001:db8::1]:2222/a', 'sftp://u1@[2001:db8::1]:2222//a'],
    ['s3:https://s3.example.com/bucket', 's3:https://s3.example.com/bucket'],
    ['s3:https://s3.example.com:9000/my-bucket/erp/a', 's3:https://s3.example.com:9000/my-bucket/erp/a'],
    ['/mnt/backup', '/target'],
    ['/run/media/disk', '/target'],
  ])('%s is taken, and goes back to the same words', (url, repository) => {
    expect(placeUrl(parsePlace(url))).toBe(url)
    expect(engineWords(parsePlace(url)).repository).toBe(repository)
  })

  test('has one form: the usual port and a slash at the end are left away', () => {
    expect(placeUrl(parsePlace('sftp://b@nas:22/srv'))).toBe('sftp://b@nas/srv')
    expect(placeUrl(parsePlace('/mnt/backup/'))).toBe('/mnt/backup')
  })

  test.each([
    '',
    'nas:/srv',
    'http://nas/srv',
    'sftp://nas/srv',
    'sftp://b@nas',
    'sftp://b@nas/',
    'sftp://b@nas/srv/../etc',
    'sftp://b@nas/srv/.ssh',
    'sftp://b@nas/a b',
    'sftp://b@nas/-oProxyCommand=x',
    'sftp://-b@nas/srv',
    'sftp://b@-oProxyCommand=x/srv',
    'sftp://b@nas:0/srv',
    'sftp://b@nas:70000/srv',
    'sftp://b@nas:22x/srv',
    'sftp://b@c@nas/srv',
    's3:http://s3.example.com/bucket',
    's3:https://s3.example.com',
    's3:https://s3.example.com/Bucket',
    's3:https://s3.example.com/bucket/../other',
    '/',
    '/mnt/../etc',
    '/etc/backup',
    '/var/lib/domicile/erp/backup',
    '/dev/sdb1',
    `/mnt/${'a'.repeat(500)}`,
    '/mnt/a\n/b',
  ])('“%s” is refused', (url) => {
    expect(() => parsePlace(url)).toThrow(expect.objectContaining({ code: 'TARGET_URL', kind: 'usage' }))
  })

  test.each([
    'sftp://b:hunter22@nas/srv',
    's3:https://id:hunter22@s3.example.com/bucket',
  ])('with a password in it is refused, and the password not repeated: %s', (url) => {
    expect(() => parsePlace(url)).toThrow(
      expect.objectContaining({
        message: expect.not.stringContaining('hunter22'),
        hint: expect.stringContaining('history'),
      }),
    )
  })
})

describe('the host key', () => {
  const ED = 'AAAAC3NzaC1lZDI1NTE5AAAAIFVhZ7qoj2O6KHqU5ONVTMZ6aY8Nqk0mPqfbVnJ3b8Yo'
  const RSA = `AAAAB3NzaC1yc2E${'A'.repeat(400)}`
  const scan = `# nas:22 SSH-2.0-OpenSSH_10.0\nnas ssh-rsa ${RSA}\nnas ssh-ed25519 ${ED}\n`

  test('that is pinned is the strongest the server shows', () => {
    expect(chooseHostKey(scan)).toEqual({ type: 'ssh-ed25519', key: ED })
    expect(() => chooseHostKey('# nothing')).toThrow(expect.objectContaining({ code: 'HOST_KEY_UNKNOWN' }))
    expect(() => chooseHostKey('nas ssh-dss AAAAB3NzaC1kc3MAAACBAAAAB3NzaC1kc3MAAACB')).toThrow()
  })

  test('has the fingerprint that ssh-keygen prints', () => {
    expect(fingerprint({ type: 'ssh-ed25519', key: ED })).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/)
  })

  test('is looked up under the port, too', () => {
    const key = chooseHostKey(scan)
    expect(knownHost({ host: 'nas', port: 22 }, key)).toBe(`nas ssh-ed25519 ${ED}\n`)
    expect(knownHost({ host: 'nas', port: 2222 }, key)).toBe(`[nas]:2222 ssh-ed25519 ${ED}\n`)
  })
})

test('keys of a store are two lines', () => {
  expect(parseS3Keys('AKIA123\nverysecretkey\n')).toEqual({ id: 'AKIA123', secret: 'verysecretkey' })
  for (const text of ['', 'AKIA123', 'AKIA123\n', 'AKIA123\nverysecretkey\nmore', 'a b c\nverysecretkey'])
    expect(parseS3Keys(text)).toBeNull()
})
