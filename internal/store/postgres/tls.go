package postgres

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// faultOfTLS is why the database at a URL, which could not be read, cannot be
// reached by TLS as it asks; nil where something else of it is at fault. It repeats
// nothing of the URL but names of files.
func faultOfTLS(at string, err error) error {
	u, bad := url.Parse(at)
	refused, is := errors.AsType[*pgconn.ParseConfigError](err)
	if bad != nil || !is || refused.Unwrap() == nil {
		return nil
	}
	q := url.Values{"sslmode": {"disable"}}
	for name, value := range u.Query() {
		if !strings.HasPrefix(name, "ssl") {
			q[name] = value
		}
	}
	u.RawQuery = q.Encode()
	if _, err := pgconn.ParseConfig(u.String()); err != nil {
		return nil
	}
	return fmt.Errorf("the database's URL asks for TLS by sslmode, sslrootcert, sslcert and sslkey, and: %w", refused.Unwrap())
}

// Unproved returns the hosts in a URL that are reached over a network without
// TLS, or with TLS that does not prove who answers: all but sslmode=verify-full.
func Unproved(at string) ([]string, error) {
	config, err := parse(at, "")
	if err != nil {
		return nil, err
	}
	var hosts []string
	look := func(host string, t *tls.Config) {
		proves := t != nil && !t.InsecureSkipVerify && t.ServerName != ""
		known := len(hosts) > 0 && hosts[len(hosts)-1] == host // by another try, without TLS
		if !proves && !known && !local(host) {
			hosts = append(hosts, host)
		}
	}
	look(config.Host, config.TLSConfig)
	for _, f := range config.Fallbacks {
		look(f.Host, f.TLSConfig)
	}
	return hosts, nil
}

// local is a socket's directory or an address of this machine.
func local(host string) bool {
	ip := net.ParseIP(host)
	return strings.HasPrefix(host, "/") || host == "localhost" || ip != nil && ip.IsLoopback()
}
