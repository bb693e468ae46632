package config

import (
	"errors"
	"net/url"
	"os"
	"strings"
	"time"
)

// Where passwords come from: they never stand in a flag or a URL, which other
// users of a machine can see.
const (
	passwordEnv        = "CHARTLINE_DATABASE_PASSWORD"         // #nosec G101 -- the name of a variable
	replicaPasswordEnv = "CHARTLINE_DATABASE_REPLICA_PASSWORD" // #nosec G101 -- the name of a variable
)

// maxStaleness bounds what reads from a replica may miss: who may see what must
// hold everywhere within a second.
const maxStaleness = 500 * time.Millisecond

const postgresForm = "postgres://USER@HOST:PORT/NAME"

var (
	errPostgres = errors.New("must be sqlite:PATH or " + postgresForm + ", with the parameters of libpq")
	errReplica  = errors.New("must be " + postgresForm + ", with the parameters of libpq")
)

func errPassword(env string) error {
	return errors.New("must not hold a password: give it by " + env + ", " + env + fileSuffix + " or PGPASSFILE")
}

// database reads where the rows are kept. Its error never repeats the text.
func database(c *Config, v string) error {
	scheme, rest, _ := strings.Cut(v, ":")
	switch strings.ToLower(scheme) {
	case "postgres", "postgresql":
		return server(&c.Database, rest, v, passwordEnv, errPostgres)
	case "sqlite":
		return location(&c.Database, v, "sqlite")
	}
	return errPostgres
}

// replica reads where else rows may be read.
func replica(c *Config, v string) error {
	scheme, rest, _ := strings.Cut(v, ":")
	switch strings.ToLower(scheme) {
	case "postgres", "postgresql":
		return server(&c.DatabaseReplica, rest, v, replicaPasswordEnv, errReplica)
	}
	return errReplica
}

// server reads a PostgreSQL URL v, whose scheme rest lacks.
func server(to *Location, rest, v, passwordEnv string, form error) error {
	u, err := url.Parse(v)
	if err != nil || u.Fragment != "" || strings.Trim(u.Path, "/") == "" {
		return form
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil || u.Host == "" && q.Get("host") == "" {
		return form
	}
	if _, given := u.User.Password(); given || q.Has("password") {
		return errPassword(passwordEnv)
	}
	if q.Has("sslpassword") {
		return errors.New("must not hold a password: sslkey must be a file without one, that only the server's user can read")
	}
	*to = Location{Engine: "postgres", Path: rest}
	return nil
}

func staleness(c *Config, v string) error {
	d, err := time.ParseDuration(v)
	if err != nil || d < 0 || d > maxStaleness {
		return errors.New("must be a duration from 0s to " + maxStaleness.String())
	}
	c.ReplicaStaleness = d
	return nil
}

// readDatabasePasswords takes the passwords of the database and of its replica,
// which is the same where none is given.
func (c *Config) readDatabasePasswords(s Sources, bad *Problems) {
	c.DatabasePassword = readPassword(s, "database", passwordEnv, bad)
	c.ReplicaPassword = readPassword(s, "database-replica", replicaPasswordEnv, bad)
	if c.ReplicaPassword.Empty() {
		c.ReplicaPassword = c.DatabasePassword
	}
}

func readPassword(s Sources, setting, env string, bad *Problems) Secret {
	given, direct := s.env(env)
	file, byFile := s.env(env + fileSuffix)
	switch {
	case direct && byFile:
		bad.add(setting, source("environment "+env), "is given a password twice: also by "+env+fileSuffix)
	case direct:
		return Secret{given}
	case byFile:
		text, err := os.ReadFile(file) // #nosec G304 G703 -- where the operator said
		if err != nil {
			bad.add(setting, source("environment "+env+fileSuffix), "its file cannot be read: "+err.Error())
			break
		}
		return Secret{strings.TrimRight(string(text), "\r\n")}
	}
	return Secret{}
}
