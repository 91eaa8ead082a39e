/** What an installation ends with: the address, the first login, and what to do next. */
export function closingText(url: string, name: string, login: { user: string; password: string } | null): string {
  const first = login
    ? `\nFirst login: ${login.user}\nPassword:    ${login.password}   (shown this once; change it after logging in)\n`
    : ''
  return `
The appliance is running at ${url}
${first}
Next:
  domicile status --name ${name}              how it is
  domicile tls root --name ${name} > root.pem    the certificate for your browsers to trust
  domicile acceptance --name ${name}          the record to sign before first use`
}
