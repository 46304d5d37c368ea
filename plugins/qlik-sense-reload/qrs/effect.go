package qrs

import (
	"crypto/tls"
	"errors"
	"net/http"
	"slices"
	"strings"
)

// MayPass reports whether an error is one that time may cure at some host: no
// answer, a host in trouble, or one with too much to do.
func MayPass(err error) bool { return some(err, (*Error).mayPass) }

func (e *Error) mayPass() bool {
	var badCertificate *tls.CertificateVerificationError
	switch {
	case errors.As(e.Err, &badCertificate):
		return false
	case e.Status == http.StatusTooManyRequests, e.Status == http.StatusRequestTimeout:
		return true
	}
	return e.elsewhere()
}

// Denied reports whether the user, or the client's certificate, may not do what was
// asked for, at any host. A proxy that has too many sessions of the user says so in
// the same way, but that passes.
func Denied(err error) bool {
	var list failures
	if !errors.As(err, &list) {
		return false
	}
	return len(list) > 0 && !slices.ContainsFunc(list, func(e *Error) bool { return !e.denied() })
}

func (e *Error) denied() bool {
	refused := e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
	return refused && !strings.Contains(e.Err.Error(), "MaxParallelSessions")
}

// MayHaveTakenEffect reports whether a host may have done what it was asked to.
// A plain refusal is certain: QRS does nothing then.
func MayHaveTakenEffect(err error) bool { return some(err, (*Error).mayHaveTakenEffect) }

func (e *Error) mayHaveTakenEffect() bool {
	refused := e.Status >= 300 && e.Status < 500 && e.Status != http.StatusRequestTimeout
	return e.Sent && !refused
}

// MayYetTakeEffect reports whether what a host was asked to may happen even
// later: nobody can say that the host has done with the request.
func MayYetTakeEffect(err error) bool { return some(err, (*Error).mayYetTakeEffect) }

func (e *Error) mayYetTakeEffect() bool {
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusBadGateway, http.StatusGatewayTimeout:
		return e.Sent
	case 0:
		return e.Sent && errors.Is(e.Err, errNoAnswer)
	}
	return false
}
