package care

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// Scope names one data set: an instance of a tenant. It leads every key.
type Scope struct{ Tenant, Instance string }

// String returns "tenant/instance".
func (s Scope) String() string { return s.Tenant + "/" + s.Instance }

// Tenant is an organisation.
type Tenant struct {
	Name      string // [a-z0-9][a-z0-9-]{2,62}, never a reserved path word
	Title     string
	CreatedAt time.Time
}

// Instance is a separate data set of a tenant.
type Instance struct {
	Scope
	// TimeZone is the practice's IANA zone, used where a provider has none.
	TimeZone string
	// UnknownConsentRefused makes recordings of unknown consent answer as if
	// consent had been refused.
	UnknownConsentRefused bool
	CreatedAt, UpdatedAt  time.Time
}

// Check names what cannot be of an instance. An empty time zone becomes UTC.
func (in *Instance) Check() error {
	if err := CheckInstanceName(in.Instance); err != nil {
		return err
	}
	if in.TimeZone == "" {
		in.TimeZone = "UTC"
	}
	if !ValidTimeZone(in.TimeZone) {
		return Invalid("timezone", "must be an IANA zone name")
	}
	return nil
}

// reservedWords are first path words that are routes, never tenants (calls.md,
// Tenancy and tokens).
var reservedWords = []string{
	"api", "auth", "oauth", "sso", "portal", "ui", "admin", "hooks", "fhir", "graphql", "docs", "static", "assets",
	"v1", "healthz", "readyz", "metrics", "debug", "favicon.ico", "robots.txt", ".well-known",
}

// Reserved reports whether word, in any case, is a first path word of ours.
func Reserved(word string) bool { return slices.Contains(reservedWords, strings.ToLower(word)) }

var (
	tenantName   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{2,62}$`)
	instanceName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)
)

// CheckTenantName returns a KindInvalid where name cannot be a tenant's.
func CheckTenantName(name string) error {
	switch {
	case !tenantName.MatchString(name):
		return Invalid("tenant", "must be 3 to 63 of a-z, 0-9 and -, beginning with a letter or digit")
	case Reserved(name):
		return Invalid("tenant", "is a reserved word")
	}
	return nil
}

// CheckInstanceName returns a KindInvalid where name cannot be an instance's.
func CheckInstanceName(name string) error {
	switch {
	case !instanceName.MatchString(name):
		return Invalid("instance", "must be 1 to 63 of a-z, 0-9, _ and -, beginning with a letter or digit")
	case name == "admin":
		return Invalid("instance", "must not be admin")
	}
	return nil
}
