// Package model reckons what an installation is asked in a year of so many
// recordings: by whom, at which hour of the week, for what, and what that costs
// in rows, bytes, commits and requests to S3; and it draws the arrivals of any
// stretch of it, the same ones from the same seed.
//
// It owns the assumptions, all of which stand in Default, and arithmetic. It does
// not own any server or clock. The cases scale and simulate call it. Start
// reading at Assumptions.
package model
