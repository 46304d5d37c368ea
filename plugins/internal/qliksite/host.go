package qliksite

import (
	"errors"
	"net"
	"strconv"
	"strings"

	"butlerd/sdk"
)

var errHost = errors.New("must be a host name or an IP address, without https:// and without a path")

// CheckHosts wants exactly one of the attributes host and hosts, and in it what
// can be dialed.
func CheckHosts(host string, hosts []string) error {
	const port = 1 // any does, to check the rest
	switch {
	case host != "" && len(hosts) > 0:
		return sdk.At(errors.New("is not used with hosts; give only one of the two"), "host")
	case host == "" && len(hosts) == 0:
		return errors.New("needs host, or hosts")
	case host != "":
		_, err := address(host, port)
		return sdk.At(err, "host")
	}
	var errs []error
	for i, host := range hosts {
		_, err := address(host, port)
		errs = append(errs, sdk.At(err, "hosts", i))
	}
	return errors.Join(errs...)
}

// Addresses are the hosts with their ports, in the order they are tried; port is
// that of hosts without one. CheckHosts has seen them.
func Addresses(host string, hosts []string, port int) []string {
	var list []string
	for _, host := range append([]string{host}, hosts...) {
		if addr, err := address(host, port); err == nil {
			list = append(list, addr)
		}
	}
	return list
}

// address gives a host a port unless it has its own.
func address(host string, port int) (string, error) {
	name, own := host, strconv.Itoa(port)
	if h, p, err := net.SplitHostPort(host); err == nil {
		name, own = h, p
	} else if strings.HasPrefix(host, "[") {
		name = strings.TrimSuffix(host[1:], "]")
	}
	if strings.Contains(host, "/") { // a URL would pass for a host with a bad port
		return "", errHost
	}
	if n, err := strconv.Atoi(own); err != nil || n < 1 || n > 65535 {
		return "", errors.New("has a port that is not between 1 and 65535")
	}
	if !isHost(name) {
		return "", errHost
	}
	return net.JoinHostPort(name, own), nil
}

// isHost keeps out what would turn into another part of a URL.
func isHost(name string) bool {
	if strings.Contains(name, ":") {
		return net.ParseIP(name) != nil
	}
	return name != "" && !hasControl(name) && !strings.ContainsAny(name, ` /\@?#[]%"<>`)
}
