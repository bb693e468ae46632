//go:build race

package faulttest

// raceFlag has a built program look for races as this one does.
const raceFlag = "-race=true"
