package config

import (
	"errors"
	"net/url"
	"os"
	"strings"
)

// Where the database's password comes from: it never stands in a flag or a URL,
// which other users of a machine can see.
const passwordEnv = "CHARTLINE_DATABASE_PASSWORD" // #nosec G101 -- the name of a variable

const postgresForm = "postgres://USER@HOST:PORT/NAME"

var (
	errPostgres = errors.New("must be sqlite:PATH or " + postgresForm + ", with the parameters of libpq")
	errPassword = errors.New("must not hold a password: give it by " + passwordEnv + ", " + passwordEnv + fileSuffix + " or PGPASSFILE")
)

// database reads where the rows are kept. Its error never repeats the text.
func database(c *Config, v string) error {
	scheme, rest, _ := strings.Cut(v, ":")
	switch strings.ToLower(scheme) {
	case "postgres", "postgresql":
	case "sqlite":
		return location(&c.Database, v, "sqlite")
	default:
		return errPostgres
	}
	u, err := url.Parse(v)
	if err != nil || u.Fragment != "" || strings.Trim(u.Path, "/") == "" {
		return errPostgres
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil || u.Host == "" && q.Get("host") == "" {
		return errPostgres
	}
	if _, given := u.User.Password(); given || q.Has("password") {
		return errPassword
	}
	c.Database = Location{Engine: "postgres", Path: rest}
	return nil
}

func (c *Config) readDatabasePassword(s Sources, bad *Problems) {
	given, direct := s.env(passwordEnv)
	file, byFile := s.env(passwordEnv + fileSuffix)
	switch {
	case direct && byFile:
		bad.add("database", source("environment "+passwordEnv), "is given a password twice: also by "+passwordEnv+fileSuffix)
	case direct:
		c.DatabasePassword = Secret{given}
	case byFile:
		text, err := os.ReadFile(file) // #nosec G304 G703 -- where the operator said
		if err != nil {
			bad.add("database", source("environment "+passwordEnv+fileSuffix), "its file cannot be read: "+err.Error())
			return
		}
		c.DatabasePassword = Secret{strings.TrimRight(string(text), "\r\n")}
	}
}
