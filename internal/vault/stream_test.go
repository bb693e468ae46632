package vault_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"chartline/internal/care"
	"chartline/internal/sealed"
	"chartline/internal/vault"
)

func sealStream(t *testing.T, m vault.Master, purpose string, plain []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := vault.SealStream(t.Context(), m, purpose, &out)
	must(t, err)
	_, err = w.Write(plain)
	must(t, errors.Join(err, w.Close()))
	return out.Bytes()
}

func TestASealedStreamOpensWithTheMasterKeyAlone(t *testing.T) {
	t.Parallel()
	m := ring(t, digits)
	plain := bytes.Repeat([]byte("MARKER of an invented patient\n"), 10_000)
	text := sealStream(t, m, "backup", plain)
	if bytes.Contains(text, []byte("MARKER")) {
		t.Error("the stream has plain bytes")
	}
	r, err := vault.OpenStream(t.Context(), m, "backup", iotest.HalfReader(bytes.NewReader(text)))
	must(t, err)
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("%d bytes came back, %v", len(got), err)
	}
	for name, bad := range map[string]struct {
		m       vault.Master
		purpose string
		text    []byte
		want    error
	}{
		"another purpose":    {m, "events", text, vault.ErrStream},
		"another master key": {ring(t, digits[1:]+"0"), "backup", text, vault.ErrNoMaster},
		"cut":                {m, "backup", text[:len(text)-1], sealed.ErrDamaged},
		"cut at a chunk":     {m, "backup", text[:len(text)-len(text)%65552], sealed.ErrDamaged},
		"more":               {m, "backup", append(bytes.Clone(text), 0), sealed.ErrDamaged},
		"something else":     {m, "backup", plain, vault.ErrStream},
		"nothing":            {m, "backup", nil, vault.ErrStream},
		"another's purpose":  {m, "backup", bytes.Replace(sealStream(t, m, "events", plain), []byte(`"events"`), []byte(`"backup"`), 1), vault.ErrForged},
	} {
		r, err := vault.OpenStream(t.Context(), bad.m, bad.purpose, bytes.NewReader(bad.text))
		if err == nil {
			_, err = io.ReadAll(r)
		}
		if !errors.Is(err, bad.want) {
			t.Errorf("%s: %v, want %v", name, err, bad.want)
		}
	}
}

func TestAStreamWhoseWriterIsNotClosedIsNotWhole(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w, err := vault.SealStream(t.Context(), ring(t, digits), "backup", &out)
	must(t, err)
	_, err = w.Write(make([]byte, 300_000))
	must(t, err)
	r, err := vault.OpenStream(t.Context(), ring(t, digits), "backup", &out)
	must(t, err)
	if _, err := io.ReadAll(r); !errors.Is(err, sealed.ErrDamaged) {
		t.Errorf("%v, want ErrDamaged", err)
	}
}

func TestASealedValueOpensInItsOwnPlaceOnlyAndSurvivesRotations(t *testing.T) {
	t.Parallel()
	db := database(t)
	v := vaultOf(db, ring(t, digits))
	for _, scope := range []care.Scope{live, {}} {
		text, err := v.SealValue(t.Context(), scope, "webhook event", "event 1", []byte("MARKER"))
		must(t, err)
		if bytes.Contains(text, []byte("MARKER")) {
			t.Error("the value is plain")
		}
		_, err = v.RotateInstance(t.Context(), scope, func(int) {})
		must(t, err)
		again := vaultOf(db, ring(t, digits))
		if got, err := again.OpenValue(t.Context(), scope, "webhook event", "event 1", text); err != nil || string(got) != "MARKER" {
			t.Errorf("OpenValue = %q, %v", got, err)
		}
		other := care.Scope{Tenant: "acme-health", Instance: "other"}
		for _, wrong := range []struct {
			scope       care.Scope
			purpose, id string
			text        []byte
		}{
			{scope, "webhook event", "event 2", text}, {scope, "secret", "event 1", text}, {other, "webhook event", "event 1", text},
			{scope, "webhook event", "event 1", text[:10]}, {scope, "webhook event", "event 1", nil},
		} {
			if _, err := again.OpenValue(t.Context(), wrong.scope, wrong.purpose, wrong.id, wrong.text); !errors.Is(err, vault.ErrForged) {
				t.Errorf("%s, %s, %s: %v, want ErrForged", wrong.scope, wrong.purpose, wrong.id, err)
			}
		}
	}
}

func FuzzOpenStream(f *testing.F) {
	m, err := vault.ParseRing(digits)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("chartline-sealed/1 {\"purpose\":\"backup\",\"master\":\"" + m.Names()[0] + "\",\"wrapped\":\"AAAA\"}\n"))
	f.Add([]byte("chartline-sealed/1 {}\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := vault.OpenStream(t.Context(), m, "backup", bytes.NewReader(in))
		if err == nil {
			_, err = io.ReadAll(r)
		}
		if err == nil {
			t.Error("a stream that nobody sealed was read")
		}
	})
}
