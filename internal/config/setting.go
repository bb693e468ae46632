package config

import (
	"strings"
	"time"
)

// Setting is one thing that can be set.
type Setting struct {
	// Name is the flag without its dashes, and the key in the file.
	Name string
	Help string
	// Default is the value where no source has one, as it would be written;
	// empty where there is none or where it follows from other settings.
	Default string

	parse func(*Config, string) error
}

// Env is the setting's environment variable.
func (s Setting) Env() string {
	return "CHARTLINE_" + strings.ToUpper(strings.ReplaceAll(s.Name, "-", "_"))
}

// The names that are not settings: the file itself, and the secrets.
const (
	fileSetting = "config"
	fileEnv     = "CHARTLINE_CONFIG"
	auditKeyEnv = "CHARTLINE_AUDIT_KEY"

	masterKeyEnv = "CHARTLINE_MASTER_KEY"
)

// Settings lists every setting, in the order in which help shows them.
func Settings() []Setting {
	return []Setting{
		{Name: "data", Help: "Directory that holds everything: stands for --database sqlite:DIR/chartline.db --media dir:DIR/media.",
			parse: func(c *Config, v string) error { return path(&c.Data, v) }},
		{Name: "database", Help: "Database: sqlite:PATH, or " + postgresForm + " with its password in " + passwordEnv + ".",
			parse: database},
		{Name: "database-replica", Help: "Hot standby of a PostgreSQL database that a server may read from: " + postgresForm + " with its password in " + replicaPasswordEnv + " (default: the database's).",
			parse: replica},
		{Name: "replica-staleness", Default: "0s", Help: "What a read from the replica may miss of what other nodes wrote: 0s for nothing, 500ms at most.",
			parse: staleness},
		{Name: "media", Help: "Where recordings are kept: dir:PATH, or s3://BUCKET/PREFIX?endpoint=URL&region=REGION with its keys in " + s3AccessEnv + " and " + s3SecretEnv + ".",
			parse: media},
		{Name: "listen", Default: "127.0.0.1:8080", Help: "Address and port to listen on.",
			parse: func(c *Config, v string) error { return address(&c.Listen, v) }},
		{Name: "metrics-listen", Help: "Second address and port for /metrics alone; without it, only loopback callers see them.",
			parse: func(c *Config, v string) error { return optional(address)(&c.MetricsListen, v) }},
		{Name: "tls-cert", Help: "File with the TLS certificate chain (PEM).",
			parse: func(c *Config, v string) error { return optional(readable)(&c.TLSCert, v) }},
		{Name: "tls-key", Help: "File with the certificate's key (PEM).",
			parse: func(c *Config, v string) error { return optional(readable)(&c.TLSKey, v) }},
		{Name: "public-url", Help: "The address that people and partners see, such as https://care.example.org; with https, cookies are Secure whoever speaks the TLS.",
			parse: func(c *Config, v string) error { return optional(origin)(&c.PublicURL, v) }},
		{Name: "sso-redirects", Help: "URLs, beside the portal's own paths, that single sign-on may lead to, to the letter, with spaces between.",
			parse: func(c *Config, v string) error { return webURLs(&c.SSORedirects, v) }},
		{Name: "password-length", Default: "15", Help: "Least length of people's passwords, in characters; never under 8.",
			parse: func(c *Config, v string) error { return number(&c.PasswordLength, v, 8, 64) }},
		{Name: "session-idle", Default: "15m", Help: "How long a web session lives unused.",
			parse: func(c *Config, v string) error { return duration(&c.SessionIdle, v) }},
		{Name: "session-life", Default: "12h", Help: "When a web session ends, however busy it is.",
			parse: func(c *Config, v string) error { return duration(&c.SessionLife, v) }},
		{Name: "audit-checkpoints", Help: "File that the audit log's signed checkpoints are added to, better on another disk (default: audit-checkpoints.jsonl in the data directory).",
			parse: func(c *Config, v string) error { return path(&c.AuditCheckpoints, v) }},
		{Name: "audit-key-file", Help: "File with the audit key, 64 hexadecimal digits (default: audit.key in the data directory, made at first start). The key itself may stand in " + auditKeyEnv + ".",
			parse: func(c *Config, v string) error { return path(&c.AuditKeyFile, v) }},
		{Name: "seal", Default: "on", Help: "Whether stored recordings and files are encrypted: on or off. Off stores new ones plain; sealed ones can be read all the same.",
			parse: func(c *Config, v string) error { return onOff(&c.Seal, v) }},
		{Name: "master-key-file", Help: "File with the master key of sealed storage, 64 hexadecimal digits, better on another disk (default: master.key in the data directory, made at first start). The key itself may stand in " + masterKeyEnv + ".",
			parse: func(c *Config, v string) error { return path(&c.MasterKeyFile, v) }},
		{Name: "kms-command", Help: "Program, with arguments, that wraps and unwraps keys with a key service's master key; run without a shell.",
			parse: func(c *Config, v string) error { return optional(command)(&c.KMSCommand, v) }},
		{Name: "kms-timeout", Default: "10s", Help: "How long that program may take.",
			parse: func(c *Config, v string) error { return duration(&c.KMSTimeout, v) }},
		{Name: "free-disk-floor", Default: "512MiB", Help: "Free disk space under which uploads are refused.",
			parse: func(c *Config, v string) error { return size(&c.FreeDiskFloor, v, 0) }},
		{Name: "max-upload", Default: "4GiB", Help: "Largest recording that is taken.",
			parse: func(c *Config, v string) error { return size(&c.MaxUpload, v, 1) }},
		{Name: "max-attachment", Default: "25MiB", Help: "Largest file that is taken for a form.",
			parse: func(c *Config, v string) error { return size(&c.MaxAttachment, v, 1) }},
		{Name: "max-attachments", Default: "20", Help: "How many files for a form may come at once.",
			parse: func(c *Config, v string) error { return number(&c.MaxAttachments, v, 1, 1000) }},
		{Name: "graphql-introspection", Default: "off", Help: "Whether clients may ask for the GraphQL schema: on or off.",
			parse: func(c *Config, v string) error { return onOff(&c.GraphQLIntrospection, v) }},
		{Name: "drain-timeout", Default: "30s", Help: "How long requests under way may take to end at stop.",
			parse: func(c *Config, v string) error { return duration(&c.DrainTimeout, v) }},
		{Name: "header-timeout", Default: "10s", Help: "How long a client may take to send a request's header.",
			parse: func(c *Config, v string) error { return duration(&c.HeaderTimeout, v) }},
		{Name: "idle-timeout", Default: "2m", Help: "How long an idle connection is kept.",
			parse: func(c *Config, v string) error { return duration(&c.IdleTimeout, v) }},
		{Name: "stall-timeout", Default: "1m", Help: "How long an upload or download may make no progress.",
			parse: func(c *Config, v string) error { return duration(&c.StallTimeout, v) }},
		{Name: "log-level", Default: "info", Help: "Least level that is logged: debug, info, warn or error.",
			parse: func(c *Config, v string) error { return level(&c.LogLevel, v) }},
	}
}

// bounds of the time-outs: below is a mistake of units, above is none at all.
const (
	minTimeout = 100 * time.Millisecond
	maxTimeout = 24 * time.Hour
)
