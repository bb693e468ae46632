package s3

import (
	"context"
	"net"
)

// DialTo returns o with every connection made to address.
func DialTo(o Options, address string) Options {
	o.dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, address)
	}
	return o
}
