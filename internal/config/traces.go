package config

import (
	"errors"
	"maps"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Traces say where traces go, as OpenTelemetry's own variables have it: other
// programs beside this one are told by the same. Without an endpoint there are
// none.
type Traces struct {
	Endpoint string // with its path
	Headers  []Header
	CAFile   string
	CertFile string
	KeyFile  string
	Gzip     bool
	Timeout  time.Duration
	Delay    time.Duration
	Queue    int
	Batch    int
	// Resource is what is said of the service, its name among it.
	Resource map[string]string
	// Ratio of the requests that are traced, where a caller's own word does not
	// count or there is none.
	Ratio float64
	// Parent has callers who are traced themselves decide.
	Parent bool
}

// Header is sent to who takes the traces.
type Header struct {
	Name  string
	Value Secret
}

// On reports whether there are traces.
func (t Traces) On() bool { return t.Endpoint != "" }

const (
	otlp       = "OTEL_EXPORTER_OTLP_"
	otlpTraces = otlp + "TRACES_"
)

// readTraces reads OpenTelemetry's variables. Those of traces win over those of
// all signals.
func (c *Config) readTraces(s Sources, bad *Problems) {
	r := tracesReader{env: s.env, bad: bad}
	endpoint := r.endpoint()
	if off, _ := s.env("OTEL_SDK_DISABLED"); strings.EqualFold(off, "true") || endpoint == "" {
		return
	}
	switch exporter, _ := s.env("OTEL_TRACES_EXPORTER"); exporter {
	case "none":
		return
	case "", "otlp":
	default:
		r.wrong("OTEL_TRACES_EXPORTER", "must be otlp or none")
	}
	if name, protocol := r.either("PROTOCOL"); protocol != "" && protocol != "http/json" {
		r.wrong(name, "must be http/json, which is what is spoken here (collectors take it where they take http/protobuf, at port 4318)")
	}
	t := Traces{Endpoint: endpoint, Resource: map[string]string{"service.name": "chartline"}}
	maps.Copy(t.Resource, r.pairs("OTEL_RESOURCE_ATTRIBUTES"))
	if name, ok := s.env("OTEL_SERVICE_NAME"); ok {
		t.Resource["service.name"] = name
	}
	r.transport(&t)
	r.sampler(&t)
	t.Delay = r.millis("OTEL_BSP_SCHEDULE_DELAY", 5*time.Second)
	t.Queue = r.number("OTEL_BSP_MAX_QUEUE_SIZE", 2048)
	t.Batch = min(t.Queue, r.number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512))
	c.Traces = t
}

type tracesReader struct {
	env func(string) (string, bool)
	bad *Problems
}

func (r tracesReader) wrong(name, reason string) {
	r.bad.add("traces", source("environment "+name), reason)
}

// either is the variable for traces or the one for all signals.
func (r tracesReader) either(suffix string) (name, value string) {
	if v, ok := r.env(otlpTraces + suffix); ok {
		return otlpTraces + suffix, v
	}
	v, _ := r.env(otlp + suffix)
	return otlp + suffix, v
}

func (r tracesReader) endpoint() string {
	name, v := r.either("ENDPOINT")
	if v == "" {
		return ""
	}
	u, err := url.Parse(v)
	if err != nil || !isWeb(u) || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		r.wrong(name, "must be a URL such as http://127.0.0.1:4318, without a name or a password in it: "+otlp+"HEADERS is the place for them")
		return ""
	}
	if name == otlp+"ENDPOINT" {
		u = u.JoinPath("v1", "traces")
	}
	return u.String()
}

func (r tracesReader) transport(t *Traces) {
	name, _ := r.either("HEADERS")
	for key, value := range r.pairs(name) {
		if !isToken(key) || strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c == 0x7f }) {
			r.wrong(name, "must be NAME=VALUE of headers, with commas between")
			break
		}
		t.Headers = append(t.Headers, Header{key, Secret{value}})
	}
	r.file("CERTIFICATE", &t.CAFile)
	r.file("CLIENT_CERTIFICATE", &t.CertFile)
	r.file("CLIENT_KEY", &t.KeyFile)
	if (t.CertFile == "") != (t.KeyFile == "") {
		r.wrong(otlp+"CLIENT_CERTIFICATE", "and "+otlp+"CLIENT_KEY need each other")
	}
	name, compression := r.either("COMPRESSION")
	if t.Gzip = compression == "gzip"; !t.Gzip && compression != "" && compression != "none" {
		r.wrong(name, "must be gzip or none")
	}
	name, _ = r.either("TIMEOUT")
	t.Timeout = r.millis(name, 10*time.Second)
}

func (r tracesReader) file(suffix string, to *string) {
	name, v := r.either(suffix)
	if v == "" {
		return
	}
	if err := readable(to, v); err != nil {
		r.wrong(name, err.Error())
	}
}

func (r tracesReader) sampler(t *Traces) {
	const variable, argument = "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"
	name, _ := r.env(variable)
	if name == "" {
		name = "parentbased_always_on"
	}
	name, t.Parent = strings.CutPrefix(name, "parentbased_")
	switch name {
	case "always_on":
		t.Ratio = 1
	case "always_off":
	case "traceidratio":
		t.Ratio = 1
		if v, ok := r.env(argument); ok {
			ratio, err := strconv.ParseFloat(v, 64)
			if err != nil || math.IsNaN(ratio) || ratio < 0 || ratio > 1 {
				r.wrong(argument, "must be a number from 0 to 1")
			}
			t.Ratio = ratio
		}
	default:
		r.wrong(variable, "must be always_on, always_off or traceidratio, or one of them after parentbased_")
	}
}

// pairs reads KEY=VALUE with commas between, percent-encoded. Its problems never
// repeat the text.
func (r tracesReader) pairs(name string) map[string]string {
	text, _ := r.env(name)
	all := map[string]string{}
	for part := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		key, value, ok := strings.Cut(part, "=")
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if key = strings.TrimSpace(key); !ok || key == "" || err != nil {
			r.wrong(name, "must be KEY=VALUE, with commas between and % before what is encoded")
			return nil
		}
		all[key] = value
	}
	return all
}

func (r tracesReader) millis(name string, otherwise time.Duration) time.Duration {
	return time.Duration(r.number(name, int(otherwise.Milliseconds()))) * time.Millisecond
}

func (r tracesReader) number(name string, otherwise int) int {
	v, ok := r.env(name)
	if !ok {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > 1_000_000 {
		r.wrong(name, errNumber.Error())
		return otherwise
	}
	return n
}

var errNumber = errors.New("must be a number from 1 to 1000000")

// isToken reports whether a header may be named so.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c)
	})
}
