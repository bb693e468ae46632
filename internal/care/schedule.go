package care

import "time"

// Schedule is when a provider works and for what.
type Schedule struct {
	Scope
	Provider int64 // person number
	// Hours are the provider's own; nil means the practice's.
	Hours *Week
	// Services are the ids of those that the provider gives; none means all.
	Services  []int64
	UpdatedAt time.Time
}

// ScheduleDay is a date on which a provider does not work as usual.
type ScheduleDay struct {
	Scope
	Provider  int64
	Date      string // YYYY-MM-DD, in the provider's zone
	Spans     Spans  // in place of the usual hours; none is a day off
	Note      string
	UpdatedAt time.Time
}

// Check names every faulty field.
func (d *ScheduleDay) Check() error {
	var bad Problems
	_, ok := ParseDate(d.Date)
	bad.Check(ok, "date", "must be YYYY-MM-DD")
	d.Note, ok = CleanText(d.Note, MaxText, false)
	bad.Check(ok, "note", "must be at most 200 characters without control characters")
	return bad.Err()
}

// Offers reports whether the provider gives a service.
func (s Schedule) Offers(v Service) bool {
	if v.Retired {
		return false
	}
	for _, id := range s.Services {
		if id == v.ID {
			return true
		}
	}
	return len(s.Services) == 0
}
