//go:build !race

package faulttest

const raceFlag = "-race=false"
