// Package load is the client side of the benchmarks: a closed loop of
// keep-alive HTTP/1.1 connections driven by one epoll thread, with requests
// written by the caller and large bodies dropped in the kernel (MSG_TRUNC), so
// that the server and not the client is what a slice measures.
//
// It owns sockets and the little HTTP that a load generator needs. It does not
// own what is asked for, nor any statistics beyond one slice. The benchmark
// cases call it. Start reading at Client.Run.
package load
