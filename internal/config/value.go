package config

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Secret is a text that shows itself only when asked to.
type Secret struct{ text string }

// Reveal returns the secret.
func (s Secret) Reveal() string { return s.text }

// Empty reports whether there is none.
func (s Secret) Empty() bool { return s.text == "" }

const hidden = "(hidden)"

// String hides the secret.
func (s Secret) String() string { return hidden }

// GoString hides the secret.
func (s Secret) GoString() string { return hidden }

// LogValue hides the secret.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the secret, from encoding/json too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// The parsers never repeat a value: it may be a secret in the wrong place.

var errPath = errors.New("must be a path")

func path(to *string, v string) error {
	if strings.TrimSpace(v) == "" || strings.ContainsRune(v, 0) {
		return errPath
	}
	*to = filepath.Clean(v)
	return nil
}

func readable(to *string, v string) error {
	if err := path(to, v); err != nil {
		return err
	}
	f, err := os.Open(*to)
	if err != nil {
		return errors.New("cannot be read: " + cause(err))
	}
	return f.Close()
}

// cause is what the system says, without the path.
func cause(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err.Error()
	}
	return err.Error()
}

func optional(parse func(*string, string) error) func(*string, string) error {
	return func(to *string, v string) error {
		if v == "" {
			*to = ""
			return nil
		}
		return parse(to, v)
	}
}

// location reads ENGINE:PATH, of the engine that this build has. Those that
// later ones will have are told apart from wrong ones.
func location(to *Location, v, engine string) error {
	scheme, rest, ok := strings.Cut(v, ":")
	scheme = strings.ToLower(scheme)
	form := engine + ":PATH"
	switch {
	case !ok || scheme != engine:
		return errors.New("must be " + form)
	case strings.HasPrefix(rest, "//"):
		return errors.New("must be " + form + ", without //")
	}
	var p string
	if err := path(&p, rest); err != nil || strings.ContainsAny(rest, "?#") {
		return errors.New("must be " + form + ", with a plain path")
	}
	*to = Location{Engine: engine, Path: p}
	return nil
}

func address(to *string, v string) error {
	host, port, err := net.SplitHostPort(v)
	if err != nil {
		return errors.New("must be ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080")
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		return errors.New("must end in a port number from 0 to 65535")
	}
	if host != "" && host != "localhost" && net.ParseIP(host) == nil {
		return errors.New("must begin with an IP address, localhost, or nothing for all addresses")
	}
	*to = v
	return nil
}

// ParseSize reads a size as the settings have them, such as 50MiB.
func ParseSize(text string) (n int64, err error) {
	err = size(&n, text, 1)
	return n, err
}

func size(to *int64, v string, least int64) error {
	number, factor := strings.TrimSpace(v), 1.0
	for _, u := range []struct {
		suffix string
		bytes  float64
	}{
		{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
		{"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1},
	} {
		if n := len(number) - len(u.suffix); n > 0 && strings.EqualFold(number[n:], u.suffix) {
			number, factor = strings.TrimSpace(number[:n]), u.bytes
			break
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	bytes := n * factor
	if err != nil || math.IsNaN(bytes) || bytes < float64(least) || bytes > 1<<50 {
		return errors.New("must be a size such as 512MiB or 4GiB")
	}
	*to = int64(bytes)
	return nil
}

func duration(to *time.Duration, v string) error {
	d, err := time.ParseDuration(v)
	if err != nil || d < minTimeout || d > maxTimeout {
		return errors.New("must be a duration between 100ms and 24h, such as 30s or 2m")
	}
	*to = d
	return nil
}

func number(to *int, v string, least, most int) error {
	n, err := strconv.Atoi(v)
	if err != nil || n < least || n > most {
		return fmt.Errorf("must be a number from %d to %d", least, most)
	}
	*to = n
	return nil
}

func onOff(to *bool, v string) error {
	on := strings.EqualFold(v, "on")
	if !on && !strings.EqualFold(v, "off") {
		return errors.New("must be on or off")
	}
	*to = on
	return nil
}

// origin reads a scheme, a host and perhaps a port.
func origin(to *string, v string) error {
	v = strings.TrimSuffix(v, "/")
	u, err := url.Parse(v)
	if err != nil || !isWeb(u) || v != u.Scheme+"://"+u.Host {
		return errors.New("must be an origin such as https://care.example.org")
	}
	*to = v
	return nil
}

// webURLs reads absolute URLs with spaces between.
func webURLs(to *[]string, v string) error {
	var all []string
	for _, one := range strings.Fields(v) {
		u, err := url.Parse(one)
		if err != nil || !isWeb(u) || u.User != nil || strings.ContainsFunc(one, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '\\' }) {
			return errors.New("must be absolute http or https URLs with spaces between")
		}
		all = append(all, one)
	}
	*to = all
	return nil
}

func isWeb(u *url.URL) bool { return (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" }

func level(to *slog.Level, v string) error {
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	l, ok := levels[strings.ToLower(v)]
	if !ok {
		return errors.New("must be debug, info, warn or error")
	}
	*to = l
	return nil
}

func validKey(text string) bool {
	b, err := hex.DecodeString(strings.TrimSpace(text))
	return err == nil && len(b) == 32
}

// command reads a program and its arguments with white space between.
func command(to *string, v string) error {
	if strings.TrimSpace(v) == "" || strings.ContainsRune(v, 0) {
		return errors.New("must be a program, with its arguments")
	}
	*to = v
	return nil
}
