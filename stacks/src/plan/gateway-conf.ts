export interface GatewayOptions {
  /** Where the application listens inside the appliance: `address:port`. */
  readonly upstream: string
  /** The agent's HTTP port inside the appliance, for ACME challenges and the gate. */
  readonly agent: string
  /** The port people type; 443 is left out of addresses. */
  readonly httpsPort: number
  readonly maxBodyBytes: number
  readonly title: string
  /** What carries the application's session; absent when the stack does not say. */
  readonly session?: { readonly header?: string | undefined; readonly cookie?: string | undefined } | undefined
}

/**
 * The server blocks of the gateway (nginx). Remote access is over HTTPS only (contract clause 7.2.6): plain HTTP answers
 * with a redirect and with ACME challenges, nothing else. What is the same for every appliance is in the image.
 *
 * Every request is asked about at the agent, whose verdict is kept for a second for each session. Nobody waits for an agent
 * that is down or hangs: it is tried again every few seconds, known sessions keep their last verdict as long as the agent
 * said, and others get the verdict of somebody without a session: whoever is not shut out for certain passes.
 */
export function gatewayConf(options: GatewayOptions): string {
  const { upstream, agent, httpsPort, maxBodyBytes, title } = options
  const suffix = httpsPort === 443 ? '' : `:${httpsPort}`
  return `# Written by domicile; changes are lost. Wanted settings are in appliance.yaml.
upstream app {
  server ${upstream};
  keepalive 16;
}

# What answers for an agent that does not.
upstream gate {
  zone gate 64k;
  server ${agent} max_fails=1 fail_timeout=5s;
  server unix:/tmp/nobody-listens-here backup max_fails=0;
  keepalive 4;
  keepalive_timeout 30s;
}
map $http_upgrade $connection_upgrade {
  default upgrade;
  ''      '';
}
${sessionMap(options.session)}
include /etc/domicile/gate.conf;

server {
  listen 8080 default_server;
  server_name _;
  location = /__domicile/alive { access_log off; return 200 "alive\\n"; }
  location = /__domicile/traffic { alias /tmp/traffic; allow ${hostOf(agent)}; deny all; access_log off; }
  location /.well-known/acme-challenge/ { proxy_pass http://${agent}; }
  location / { return 308 https://$host${suffix}$request_uri; }
}

server {
  listen 8443 ssl default_server;
  http2 on;
  server_name _;
  ssl_certificate     /tls/live/cert.pem;
  ssl_certificate_key /tls/live/key.pem;
  add_header Strict-Transport-Security "max-age=31536000" always;
  client_max_body_size ${Math.ceil(maxBodyBytes / 1024)}k;

  location / {
    auth_request /__domicile/gate;
    error_page 403 = /__domicile/refused;
    # What the gate should never answer.
    error_page 500 = @ungated;
${TO_APPLICATION}
  }
  location @ungated {
${TO_APPLICATION}
  }

  include /etc/domicile/gate-locations.conf;

  location @unavailable {
    internal;
    default_type text/html;
    add_header Retry-After 10 always;
    add_header Cache-Control no-store always;
    return 503 '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="10"><title>${escapeHtml(title)}</title><body style="font:1.1rem system-ui;max-width:34rem;margin:20vh auto;padding:0 1rem"><h1>${escapeHtml(title)}</h1><p>The application is starting or restarting. This page tries again every ten seconds.</p>';
  }
}
`
}

const TO_APPLICATION = `    error_page 502 503 504 =503 @unavailable;

    sub_filter '</head>' '$banner</head>';
    sub_filter_last_modified on;
    expires $page_expires;

    proxy_pass http://app;
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
    proxy_set_header Accept-Encoding $encoding_wanted;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto https;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header Forwarded "";
    proxy_set_header X-Domicile-Session "";
    proxy_set_header X-Domicile-Navigation "";
    proxy_set_header X-Domicile-Notice "";
    proxy_hide_header X-Domicile-Gate;
    proxy_connect_timeout 5s;
    proxy_read_timeout 300s;
    proxy_send_timeout 300s;`

/** What of a request carries its session; empty: nothing does. */
function sessionMap({ header, cookie }: NonNullable<GatewayOptions['session']> = {}): string {
  const variable = header === undefined ? '' : `$http_${header.toLowerCase().replaceAll('-', '_')}`
  if (variable !== '') return `map ${variable} $session_carried { default ${variable}; }`
  if (cookie === undefined) return `map '' $session_carried { default ''; }`
  // The whole header, because the agent must see every cookie of that name.
  return `map $http_cookie $session_carried {
  default '';
  "~(?:^|;)\\s*${cookie.replaceAll('.', '\\.')}=" $http_cookie;
}`
}

const hostOf = (address: string) => address.slice(0, address.lastIndexOf(':'))

/** For a title inside single-quoted nginx text: no quote, no variable, no markup survives. */
const escapeHtml = (text: string) => text.replaceAll(/[&<>"'\\$\n]/g, (character) => `&#${character.codePointAt(0)};`)
