// Package identity is the table of request fields that name the user who asks, or
// authenticate the client: by which proxies tell applications whom they have signed in, and
// clients say who they are. What a cache makes of them is up to that.
package identity

// Field is the name of a request field, with who sends it or reads it. A "*" before or
// behind the name stands for any text.
type Field struct{ Name, Source string }

// ByName is the source of patterns for fields that nobody has listed.
const ByName = "by its name"

// Fields are the request fields that name the user, or authenticate the client, except
// Cookie and Authorization.
var Fields = []Field{
	// Standards.
	{"Proxy-Authorization", "RFC 9110, section 11.7.2"},
	{"Dpop", "RFC 9449, section 4: proof of possession"},
	{"Signature", "RFC 9421, section 4.2: HTTP message signatures"},
	{"Client-Cert*", "RFC 9440, section 2: the certificate that a proxy has seen, and its chain"},

	// What proxies say of the user whom they have signed in.
	{"Remote-User", "Authelia, Caddy, Apache; REMOTE_USER of RFC 3875, section 4.1.11"},
	{"Remote-Name", "Authelia, forwardAuth"},
	{"Remote-Email", "Authelia, forwardAuth"},
	{"Remote-Group*", "Authelia, forwardAuth"},
	{"Remote-Role*", "passkey-auth"},
	{"X-Remote-User*", "Kubernetes, authenticating proxy: requestheader-username-headers"},
	{"X-Remote-Group*", "Kubernetes, authenticating proxy: requestheader-group-headers"},
	{"X-Remote-Extra-*", "Kubernetes, authenticating proxy: requestheader-extra-headers-prefix"},
	{"X-Forwarded-User", "oauth2-proxy --pass-user-headers; traefik-forward-auth"},
	{"X-Forwarded-Email", "oauth2-proxy --pass-user-headers"},
	{"X-Forwarded-Preferred-Username", "oauth2-proxy --pass-user-headers"},
	{"X-Forwarded-Group*", "oauth2-proxy --pass-user-headers"},
	{"X-Forwarded-Access-Token", "oauth2-proxy --pass-access-token"},
	{"X-Forwarded-Client-Cert*", "Envoy, x-forwarded-client-cert"},
	{"X-Forwarded-Tls-Client-*", "Traefik, passTLSClientCert"},
	{"X-Forwarded-Ssl-Client-*", "nginx and HAProxy, by convention"},
	{"X-Auth-*", "oauth2-proxy --set-xauthrequest (X-Auth-Request-*); Keycloak Gatekeeper (X-Auth-Subject, -Roles); OpenStack (X-Auth-Token); Cloudflare API (X-Auth-Key)"},
	{"Cf-Access-*", "Cloudflare Access, application token"},
	{"X-Goog-Authenticated-User-*", "Google Identity-Aware Proxy, identity-howto"},
	{"X-Goog-Iap-Jwt-Assertion", "Google Identity-Aware Proxy, signed headers"},
	{"X-Goog-Authuser", "Google, index of the account that is signed in"},
	{"X-Appengine-User-Email", "Google App Engine, Users API; X-Appengine-User-Ip is none"},
	{"X-Appengine-User-Id", "Google App Engine, Users API"},
	{"X-Appengine-User-Nickname", "Google App Engine, Users API"},
	{"X-Appengine-User-Is-Admin", "Google App Engine, Users API"},
	{"X-Amzn-Oidc-*", "AWS Application Load Balancer, authenticate users"},
	{"X-Amzn-Mtls-Clientcert*", "AWS Application Load Balancer, mutual TLS"},
	{"X-Amz-Security-Token", "AWS Signature Version 4, temporary credentials"},
	{"X-Ms-Client-Principal*", "Azure App Service and Container Apps, authentication"},
	{"X-Ms-Token-*", "Azure App Service, token store"},
	{"X-Arr-Clientcert", "Azure App Service, TLS mutual authentication"},
	{"X-Zumo-Auth", "Azure App Service, authentication of mobile clients"},
	{"Tailscale-User-*", "Tailscale Serve, identity headers"},
	{"Tailscale-App-Capabilities", "Tailscale Serve, app capabilities"},
	{"X-Webauth-*", "Grafana, auth.proxy (X-WEBAUTH-USER)"},
	{"X-Authentik-*", "authentik, proxy provider"},
	{"X-Authenticated-*", "Kong and Blue Coat (X-Authenticated-Userid, -User, -Groups)"},
	{"X-Consumer-*", "Kong, authentication plugins"},
	{"X-Credential-Identifier", "Kong, authentication plugins"},
	{"X-Pomerium-*", "Pomerium, pass_identity_headers"},
	{"Teleport-Jwt-Assertion", "Teleport, application access"},
	{"X-Vouch-*", "Vouch Proxy, headers"},
	{"X-Userinfo", "Kong, OpenID Connect plugins"},
	{"X-User-Info", "by convention"},
	{"X-User-Groups", "by convention"},
	{"X-User-Roles", "by convention"},
	{"Oidc-*", "mod_auth_openidc, OIDC_CLAIM_*"},
	{"Shib-*", "Shibboleth, ShibUseHeaders"},
	{"Eppn", "Shibboleth, eduPersonPrincipalName"},
	{"Sm-*", "SiteMinder, SM_USER, SM_USERDN, SM_SERVERSESSIONID"},
	{"Iv-User", "IBM Verify Access, junctions"},
	{"Iv-Groups", "IBM Verify Access, junctions"},
	{"Iv-Creds", "IBM Verify Access, junctions"},
	{"Oam-*", "Oracle Access Manager, OAM_REMOTE_USER"},
	{"X-Sandstorm-*", "Sandstorm, headers of an app"},
	{"X-Replit-User-*", "Replit Auth"},
	{"Ssl-Client-*", "ingress-nginx, client certificate authentication (ssl-client-cert)"},
	{"X-Ssl-Client-*", "HAProxy and nginx, by convention"},
	{"X-Ssl-Cert", "nginx, by convention"},
	{"X-Client-Cert*", "nginx and F5, by convention"},
	{"X-Client-Dn", "nginx, by convention"},
	{"X-Client-Verify", "nginx, by convention"},

	// Keys and tokens by which clients say who they are.
	{"X-Api-Key", "OpenAPI 3, apiKey; AWS API Gateway"},
	{"X-Apikey", "Apigee; VirusTotal"},
	{"Api-Key", "Azure OpenAI; New Relic"},
	{"Apikey", "Supabase; Kong key-auth"},
	{"X-Goog-Api-Key", "Google Cloud, API keys"},
	{"X-Functions-Key", "Azure Functions, access keys"},
	{"Ocp-Apim-Subscription-Key", "Azure API Management, subscriptions"},
	{"X-Access-Token", "by convention"},
	{"X-Access-Key", "by convention"},
	{"X-Parse-Master-Key", "Parse Platform, REST API"},
	{"Private-Token", "GitLab REST API, as are Job-Token and Deploy-Token"},
	{"X-Session-Id", "by convention"},

	// Others, by the words that they end in or have.
	{"User", ByName}, {"*-User", ByName}, {"*-User-Id", ByName}, {"*-Userid", ByName},
	{"Username", ByName}, {"*-Username", ByName}, {"*-User-Name", ByName},
	{"Email", ByName}, {"*-Email", ByName}, {"Token", ByName}, {"*-Token", ByName}, {"Jwt*", ByName}, {"*-Jwt*", ByName},
	{"Session*", ByName}, {"*-Session*", ByName}, {"*-Api-Key", ByName}, {"*-Apikey", ByName},
	{"*-Secret", ByName}, {"*-Authorization", ByName}, {"*-Assertion", ByName},
}
