package care

import (
	"path"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // a machine without zone files must show the same times
)

// LoadZone returns the IANA zone called name. A name is not a path: other
// spellings of one ("America//Chicago") name no zone, and neither does what only
// some machines have. Errors: Invalid.
func LoadZone(name string) (*time.Location, error) {
	z, err := time.LoadLocation(name)
	if err != nil || name == "" || path.Clean(name) != name || local(name) {
		return nil, Invalid("timezone", "must be an IANA zone name")
	}
	return z, nil
}

// local reports whether a name means the machine's own zone, or one of the
// variants that some keep beside the zones: those of right count leap seconds.
func local(name string) bool {
	switch name {
	case "Local", "localtime", "posixrules", "Factory":
		return true
	}
	return strings.HasPrefix(name, "posix/") || strings.HasPrefix(name, "right/")
}

// EarliestZone is how far the clocks that are ahead of all others are ahead of
// UTC: a date that has not begun there has begun nowhere.
const EarliestZone = 14 * time.Hour

// dateIn is the midnight in UTC that stands for now's date in a zone; for UTC's
// where the name is of none.
func dateIn(zone string, now time.Time) time.Time {
	z, err := LoadZone(zone)
	if err != nil {
		z = time.UTC
	}
	y, m, d := now.In(z).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// Zones is LoadZone with a memory: reading a zone costs more than a look-up.
// The zero value is ready; it is safe for concurrent use. It holds at most the
// few hundred zones that exist.
type Zones struct{ known sync.Map }

// Load returns the IANA zone called name. Errors: Invalid.
func (z *Zones) Load(name string) (*time.Location, error) {
	if known, ok := z.known.Load(name); ok {
		return known.(*time.Location), nil
	}
	zone, err := LoadZone(name)
	if err == nil {
		z.known.Store(name, zone)
	}
	return zone, err
}
