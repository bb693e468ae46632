package care

import "strconv"

// Ids that come from elsewhere are bounded: those that are drawn go on above the
// highest, and would come to an end.
const (
	maxBroughtID       = 1 << 52    // of encounters and services
	maxBroughtSequence = 89_999_999 // of the people registered in a year
)

// CheckBroughtID checks the id that an encounter or a service has already; 0 is
// none.
func CheckBroughtID(id int64) error {
	var bad Problems
	bad.Check(id <= maxBroughtID, "id", "must be at most "+strconv.Itoa(maxBroughtID))
	return bad.Err()
}

// CheckBroughtNumber checks the number that a person has already; 0 is none.
func CheckBroughtNumber(number int64) error {
	var bad Problems
	bad.Check(PersonSequence(number) <= maxBroughtSequence, "number", "must have a sequence number of at most "+strconv.Itoa(maxBroughtSequence))
	return bad.Err()
}
