package config

import (
	"log/slog"
	"path/filepath"
	"strings"
	"time"
)

// Config is every setting, checked.
type Config struct {
	// Data is the directory that holds what no other setting places. It is
	// empty only where Database and Media were given and say nothing of one.
	Data     string
	Database Location
	// DatabasePassword is for a database that asks for one; empty for what libpq's
	// own places say.
	DatabasePassword Secret
	// DatabaseReplica is a hot standby that may be read from, and ReplicaStaleness
	// what such a read may miss of what other processes wrote.
	DatabaseReplica  Location
	ReplicaPassword  Secret
	ReplicaStaleness time.Duration
	Media            Location
	S3               S3 // where Media is a bucket; its keys are those of every bucket

	Listen        string
	MetricsListen string // empty: on Listen, for loopback callers only
	TLSCert       string // both or neither
	TLSKey        string
	// PublicURL is the origin that people and partners see; empty for the one
	// that they happen to use.
	PublicURL string
	// SSORedirects are the absolute URLs that single sign-on may lead to.
	SSORedirects   []string
	PasswordLength int           // characters
	SessionIdle    time.Duration // of web sessions
	SessionLife    time.Duration

	AuditCheckpoints string
	AuditKey         Secret // empty: in AuditKeyFile
	AuditKeyFile     string
	// AuditKeyGiven reports that the operator placed the key, so that a missing
	// file is a fault and not a first start.
	AuditKeyGiven bool

	// Seal has stored bytes encrypted. Without it what is new is stored plain.
	Seal bool
	// MasterKey, a file with it, or a key service's command: where neither the
	// key nor the command is given it is in MasterKeyFile.
	MasterKey     Secret
	MasterKeyFile string
	// MasterKeyGiven reports that the operator placed the key, so that a missing
	// file is a fault and not a first start.
	MasterKeyGiven bool
	KMSCommand     string
	KMSTimeout     time.Duration

	FreeDiskFloor int64 // bytes
	MaxUpload     int64 // bytes
	// MaxAttachment and MaxAttachments bound files that are uploaded for forms.
	MaxAttachment  int64 // bytes of one
	MaxAttachments int   // that come at once
	// GraphQLIntrospection lets clients ask for the GraphQL schema.
	GraphQLIntrospection bool
	DrainTimeout         time.Duration
	HeaderTimeout        time.Duration
	IdleTimeout          time.Duration
	StallTimeout         time.Duration
	LogLevel             slog.Level

	Traces Traces
}

// Location is a database or a media store: an engine and where it keeps things.
type Location struct {
	Engine string // "sqlite", "dir" or "s3"
	Path   string // of a bucket: all that follows "s3:"
}

// String returns the form in which a location is given.
func (l Location) String() string { return l.Engine + ":" + l.Path }

// Sources are where settings come from, beside their defaults.
type Sources struct {
	// Env looks up an environment variable. An empty one counts as not set.
	Env func(name string) (string, bool)
	// Flags are the flags that were given, by setting name.
	Flags map[string]string
}

// Load reads every source. Its error is a *Problems that holds all that is wrong.
func Load(s Sources) (Config, error) {
	var bad Problems
	layers := s.layers(&bad)
	c := Config{}
	from := map[string]source{}
	for _, set := range Settings() {
		value, src := set.Default, sourceDefault
		for _, l := range layers {
			if v, ok := l.values[set.Name]; ok {
				value, src = v, l.source(set.Name)
			}
		}
		from[set.Name] = src
		if value == "" && src == sourceDefault {
			continue
		}
		if err := set.parse(&c, value); err != nil {
			bad.add(set.Name, src, err.Error())
		}
	}
	c.readAuditKey(s, from, &bad)
	c.readDatabasePasswords(s, &bad)
	if c.Media.Engine != "s3" {
		c.S3 = S3{} // of a weaker source
	}
	keys, err := s.S3Keys()
	if c.S3.Keys = keys; err != nil && c.Media.Engine == "s3" {
		bad.add("media", "environment", err.Error())
	}
	c.readTraces(s, &bad)
	c.readMasterKey(s, from, &bad)
	c.complete(from, &bad)
	if err := bad.err(); err != nil {
		return Config{}, err
	}
	return c, nil
}

// complete fills in what follows from other settings and checks what they mean
// together.
func (c *Config) complete(from map[string]source, bad *Problems) {
	if c.Data == "" && c.Database.Engine == "sqlite" {
		c.Data = filepath.Dir(c.Database.Path)
	}
	noDatabase := c.Database == (Location{}) && !bad.has("database")
	noMedia := c.Media == (Location{}) && !bad.has("media")
	switch {
	case bad.has("data"):
	case noDatabase && noMedia:
		bad.add("data", from["data"], "is required: give --data DIR, or --database and --media")
	case noDatabase:
		bad.add("database", from["database"], "is required with media, where data is not given")
	case noMedia:
		bad.add("media", from["media"], "is required with database, where data is not given")
	}
	if c.Data == "" && c.Database.Engine == "postgres" {
		if c.AuditCheckpoints == "" {
			bad.add("audit-checkpoints", from["audit-checkpoints"], "is required with a PostgreSQL database, where data is not given")
		}
		if c.AuditKeyFile == "" && c.AuditKey.Empty() {
			bad.add("audit-key-file", from["audit-key-file"], "or "+auditKeyEnv+" is required with a PostgreSQL database, where data is not given")
		}
	}
	if c.DatabaseReplica != (Location{}) && c.Database.Engine == "sqlite" {
		bad.add("database-replica", from["database-replica"], "needs a PostgreSQL database, and it is "+c.Database.String())
	}
	if c.AuditCheckpoints == "" && c.Data != "" {
		c.AuditCheckpoints = filepath.Join(c.Data, "audit-checkpoints.jsonl")
	}
	if c.AuditKeyFile == "" && c.Data != "" {
		c.AuditKeyFile = filepath.Join(c.Data, "audit.key")
	}
	if c.MasterKeyFile == "" && c.Data != "" {
		c.MasterKeyFile = filepath.Join(c.Data, "master.key")
	}
	switch {
	case c.TLSCert != "" && c.TLSKey == "":
		bad.add("tls-key", from["tls-key"], "is required with tls-cert")
	case c.TLSKey != "" && c.TLSCert == "":
		bad.add("tls-cert", from["tls-cert"], "is required with tls-key")
	}
}

// readMasterKey takes the master key from its environment variable. There may be
// several, the current one first, while one takes another's place.
func (c *Config) readMasterKey(s Sources, from map[string]source, bad *Problems) {
	c.MasterKeyGiven = from["master-key-file"] != sourceDefault
	if c.KMSCommand != "" {
		if c.MasterKeyGiven {
			bad.add("master-key-file", from["master-key-file"], "is given beside kms-command ("+string(from["kms-command"])+"): a key service keeps the master key itself")
		}
		c.MasterKeyGiven = true
	}
	key, ok := s.env(masterKeyEnv)
	if !ok {
		return
	}
	src := source("environment " + masterKeyEnv)
	if c.MasterKeyGiven {
		bad.add("master-key", src, "is given twice: also by master-key-file or kms-command")
		return
	}
	for one := range strings.FieldsSeq(key) {
		if !validKey(one) {
			bad.add("master-key", src, "must be 64 hexadecimal digits (openssl rand -hex 32); while one takes another's place, both with a space between, the new one first")
			return
		}
	}
	c.MasterKey, c.MasterKeyGiven = Secret{text: key}, true
}

// readAuditKey takes the key itself from its environment variable, as only
// secrets are read.
func (c *Config) readAuditKey(s Sources, from map[string]source, bad *Problems) {
	c.AuditKeyGiven = from["audit-key-file"] != sourceDefault
	key, ok := s.env(auditKeyEnv)
	if !ok {
		return
	}
	src := source("environment " + auditKeyEnv)
	if c.AuditKeyGiven {
		bad.add("audit-key", src, "is given twice: also by audit-key-file ("+string(from["audit-key-file"])+")")
		return
	}
	if !validKey(key) {
		bad.add("audit-key", src, "must be 64 hexadecimal digits (openssl rand -hex 32)")
		return
	}
	c.AuditKey, c.AuditKeyGiven = Secret{text: key}, true
}
