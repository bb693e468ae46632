// Package proc starts the servers under measurement, each pinned to its core,
// and reads what the kernel knows of them: CPU time and anonymous memory.
//
// It owns processes and /proc. It does not own what the servers are or how
// they are configured. The benchmark cases call it. Start reading at Start.
package proc
