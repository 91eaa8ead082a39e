/**
 * What an installation ends with: the address, the first login, and what to do next.
 * @param closed until a licence is applied nobody gets in
 */
export function closingText(
  url: string,
  name: string,
  login: { user: string; password: string } | null,
  closed: boolean,
): string {
  const first = login
    ? `\nFirst login: ${login.user}\nPassword:    ${login.password}   (shown this once; change it after logging in)\n`
    : ''
  const steps = [
    ...(closed ? [[`license request --name ${name}`, 'ask the vendor for the licence that opens it']] : []),
    [`status --name ${name}`, 'how it is'],
    [`tls root --name ${name} > root.pem`, 'the certificate for your browsers to trust'],
    [`acceptance --name ${name}`, 'the record to sign before first use'],
    [
      `backup keys export --name ${name} --html --to sheet.html`,
      'the keys of the backups, on paper: store it elsewhere',
    ],
  ]
  const width = Math.max(...steps.map(([command = '']) => command.length))
  const next = steps.map(([command = '', what]) => `  domicile ${command.padEnd(width)}  ${what}`).join('\n')
  return `\nThe appliance is running at ${url}\n${first}\nNext:\n${next}`
}
