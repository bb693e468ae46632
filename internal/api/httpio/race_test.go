//go:build race

package httpio

// memoryFactor is what the race detector multiplies memory by.
const memoryFactor = 10
