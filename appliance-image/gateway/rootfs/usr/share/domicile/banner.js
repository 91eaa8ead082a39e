// Shows what the appliance has to say above the application's page: planned maintenance, read-only standing.
;(() => {
  if (window !== window.top || !window.CSSStyleSheet || !Element.prototype.attachShadow) return
  const EVERY_MS = 60000
  const PATH = '/__domicile/notices'
  const shown = new Map()
  let root

  const style = new CSSStyleSheet()
  style.replaceSync(`
    :host { all: initial; position: fixed; inset: auto 0 0 0; z-index: 2147483647; display: block; }
    div { display: flex; gap: 1rem; align-items: center; justify-content: center; padding: .55rem 1rem;
      font: 15px/1.4 system-ui, sans-serif; color: #2b2100; background: #ffe08a; border-top: 1px solid #b98900; }
    p { margin: 0; }
    button { flex: none; font: inherit; color: inherit; background: transparent; border: 1px solid currentColor;
      border-radius: 4px; padding: .15rem .7rem; cursor: pointer; }
    button:focus-visible { outline: 3px solid #1d4f91; outline-offset: 1px; }
    @media print { :host { display: none; } }`)

  const dismissed = (id) => {
    try {
      return sessionStorage.getItem(`domicile ${id}`) !== null
    } catch {
      return false
    }
  }
  const dismiss = (id) => {
    try {
      sessionStorage.setItem(`domicile ${id}`, '1')
    } catch {
      /* It comes back with the next page. */
    }
  }
  const time = (instant) =>
    new Date(instant).toLocaleString(document.documentElement.lang || undefined, {
      dateStyle: 'medium',
      timeStyle: 'short',
    })

  const show = ({ id, text, from, until }, close) => {
    const bar = document.createElement('div')
    const words = document.createElement('p')
    const button = document.createElement('button')
    words.textContent = text.replace('{from}', from ? time(from) : '').replace('{until}', until ? time(until) : '')
    button.textContent = close
    button.addEventListener('click', () => {
      dismiss(id)
      bar.remove()
    })
    bar.append(words, button)
    root.append(bar)
    shown.set(id, bar)
  }

  const begin = () => {
    const host = document.createElement('domicile-banner')
    host.setAttribute('role', 'status')
    root = host.attachShadow({ mode: 'open' })
    root.adoptedStyleSheets = [style]
    document.body.append(host)
  }

  const look = async () => {
    if (document.visibilityState === 'hidden') return
    try {
      const answer = await fetch(PATH, { credentials: 'omit', cache: 'no-store' })
      if (!answer.ok) return
      const { close, banners } = await answer.json()
      if (!root && banners.length > 0) begin()
      for (const [id, bar] of shown)
        if (!banners.some((banner) => banner.id === id)) {
          bar.remove()
          shown.delete(id)
        }
      for (const banner of banners) if (!shown.has(banner.id) && !dismissed(banner.id)) show(banner, close)
    } catch {
      // The application is not ours to disturb; there is a next time.
    }
  }

  look()
  setInterval(look, EVERY_MS)
})()
