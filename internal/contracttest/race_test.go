//go:build race

package contracttest

// costFactor is what the race detector multiplies CPU time by.
const costFactor = 20
