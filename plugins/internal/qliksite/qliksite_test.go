package qliksite_test

import (
	"crypto/tls"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"butlerd/plugins/internal/qliksite"
)

func TestUser(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ directory, id, want string }{
		{"INTERNAL", "sa_repository", "UserDirectory=INTERNAL; UserId=sa_repository"},
		{"A B", "åsa; UserId=x+y", "UserDirectory=A%20B; UserId=%C3%A5sa%3B%20UserId%3Dx%2By"},
	} {
		if got := qliksite.User(tt.directory, tt.id); got != tt.want {
			t.Errorf("got %q", got)
		}
	}
	if qliksite.CheckUser("A", "b") != nil || qliksite.CheckUser("", "b") == nil || qliksite.CheckUser("A", "b\r\nX: y") == nil {
		t.Error("a user is judged wrongly")
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	got := qliksite.Addresses("", []string{"a", "b:1", "::1", "[::1]:2"}, 4747)
	if diff := cmp.Diff([]string{"a:4747", "b:1", "[::1]:4747", "[::1]:2"}, got); diff != "" {
		t.Error(diff)
	}
	for _, host := range []string{"https://a", "a/b", "a b", "a:0", "user@a", "a?b"} {
		if qliksite.CheckHosts(host, nil) == nil {
			t.Errorf("%q was taken", host)
		}
	}
}

func TestExplainKeepsWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	if qliksite.Explain(io.EOF) != io.EOF || qliksite.Explain(nil) != nil {
		t.Error("an error was changed")
	}
	err := &tls.CertificateVerificationError{Err: io.EOF}
	if got := qliksite.Explain(err); !errors.Is(got, io.EOF) || got.Error() == err.Error() {
		t.Errorf("got %v", got)
	}
}
