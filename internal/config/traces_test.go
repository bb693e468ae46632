package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func loadTraces(t *testing.T, pairs map[string]string) (Traces, error) {
	t.Helper()
	c, err := Load(Sources{Env: env(pairs), Flags: map[string]string{"data": "d"}})
	return c.Traces, err
}

func TestTracesAreOffUntilAnEndpointIsNamed(t *testing.T) {
	t.Parallel()
	for name, pairs := range map[string]map[string]string{
		"nothing":     {},
		"no endpoint": {"OTEL_SERVICE_NAME": "x", "OTEL_TRACES_SAMPLER": "whatever", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
		"disabled":    {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "TRUE"},
		"none":        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_TRACES_EXPORTER": "none"},
	} {
		if got, err := loadTraces(t, pairs); err != nil || got.On() {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestTracesAreToldByOpenTelemetrysVariables(t *testing.T) {
	t.Parallel()
	got, err := loadTraces(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318/"})
	want := Traces{
		Endpoint: "http://127.0.0.1:4318/v1/traces", Timeout: 10 * time.Second, Delay: 5 * time.Second, Queue: 2048, Batch: 512,
		Resource: map[string]string{"service.name": "chartline"}, Ratio: 1, Parent: true,
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(Secret{})); d != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, d)
	}
	certificate := writeFile(t, "any text")
	got, err = loadTraces(t, map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": "http://elsewhere", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://collector.example.org/in",
		"OTEL_EXPORTER_OTLP_HEADERS": "ignored=1", "OTEL_EXPORTER_OTLP_TRACES_HEADERS": " x-key = a%2Cb%3D ,",
		"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip", "OTEL_EXPORTER_OTLP_TIMEOUT": "1500",
		"OTEL_EXPORTER_OTLP_CERTIFICATE": certificate, "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": certificate, "OTEL_EXPORTER_OTLP_CLIENT_KEY": certificate,
		"OTEL_RESOURCE_ATTRIBUTES": "service.name=other,deployment.environment=north%20wing", "OTEL_SERVICE_NAME": "care",
		"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25", "OTEL_TRACES_EXPORTER": "otlp",
		"OTEL_BSP_SCHEDULE_DELAY": "200", "OTEL_BSP_MAX_QUEUE_SIZE": "100",
	})
	want = Traces{
		Endpoint: "https://collector.example.org/in", Headers: []Header{{"x-key", Secret{"a,b="}}}, CAFile: certificate, CertFile: certificate, KeyFile: certificate,
		Gzip: true, Timeout: 1500 * time.Millisecond, Delay: 200 * time.Millisecond, Queue: 100, Batch: 100,
		Resource: map[string]string{"service.name": "care", "deployment.environment": "north wing"}, Ratio: .25,
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(Secret{})); d != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, d)
	}
	for name, want := range map[string]Traces{
		"always_on": {Ratio: 1}, "always_off": {}, "traceidratio": {Ratio: 1}, "parentbased_always_on": {Ratio: 1, Parent: true},
		"parentbased_always_off": {Parent: true}, "parentbased_traceidratio": {Ratio: 1, Parent: true},
	} {
		got, err := loadTraces(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_TRACES_SAMPLER": name})
		if err != nil || got.Ratio != want.Ratio || got.Parent != want.Parent {
			t.Errorf("%s: %v %v, %v", name, got.Ratio, got.Parent, err)
		}
	}
}

func TestWhatIsWrongWithTracesIsSaidWithoutRepeatingIt(t *testing.T) {
	t.Parallel()
	_, err := loadTraces(t, map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_TRACES_EXPORTER": "console",
		"OTEL_EXPORTER_OTLP_HEADERS": "hunter2", "OTEL_EXPORTER_OTLP_COMPRESSION": "zstd", "OTEL_EXPORTER_OTLP_TIMEOUT": "0", "OTEL_EXPORTER_OTLP_CLIENT_KEY": "/nowhere",
		"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "2", "OTEL_BSP_MAX_QUEUE_SIZE": "many", "OTEL_RESOURCE_ATTRIBUTES": "a=%zz",
	})
	want := []string{"OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
		"OTEL_EXPORTER_OTLP_COMPRESSION", "OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_TRACES_SAMPLER_ARG", "OTEL_BSP_MAX_QUEUE_SIZE"}
	got := problems(t, err)
	for i, p := range got {
		_, rest, _ := strings.Cut(p, "traces (environment ")
		got[i], _, _ = strings.Cut(rest, ")")
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	for _, endpoint := range []string{"collector:4318", "grpc://x", "http://care:hunter2@x", "http://x?key=hunter2", "http://x#hunter2", "http://", "http://x\x00"} {
		if _, other := loadTraces(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}); other == nil || strings.Contains(other.Error(), "hunter2") {
			t.Errorf("%q: %v", endpoint, other)
		}
	}
	for _, headers := range []string{"x y=hunter2", "x:=hunter2", "x=hunter2%0a", "=hunter2"} {
		if _, other := loadTraces(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_EXPORTER_OTLP_HEADERS": headers}); other == nil || strings.Contains(other.Error(), "hunter2") {
			t.Errorf("%q: %v", headers, other)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error shows a secret: %v", err)
	}
}
