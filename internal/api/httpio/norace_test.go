//go:build !race

package httpio

const memoryFactor = 1
