package pki

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

var hosts = []string{"localhost", "127.0.0.1", "::1", "qs1.example.com"}

func parse(t *testing.T, path string) *x509.Certificate {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func read(t *testing.T, files Files) map[string]string {
	t.Helper()
	contents := map[string]string{}
	for _, path := range []string{files.Root, files.Server, files.ServerKey, files.Client, files.ClientKey} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		contents[filepath.Base(path)] = string(text)
	}
	return contents
}

func ensure(t *testing.T, dir string, hosts []string) Files {
	t.Helper()
	files, err := Ensure(dir, hosts)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestEnsureMakes(t *testing.T) {
	t.Parallel()
	files := ensure(t, filepath.Join(t.TempDir(), "new", "dir"), hosts)

	t.Run("a server certificate for servers only and for each host", func(t *testing.T) {
		t.Parallel()
		cert := parse(t, files.Server)
		if diff := cmp.Diff([]x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, cert.ExtKeyUsage); diff != "" {
			t.Error(diff)
		}
		for _, host := range hosts {
			if err := cert.VerifyHostname(host); err != nil {
				t.Error(err)
			}
		}
		if cert.VerifyHostname("other.example.com") == nil {
			t.Error("the certificate is good for any name")
		}
	})
	t.Run("a client certificate for clients only", func(t *testing.T) {
		t.Parallel()
		if diff := cmp.Diff([]x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, parse(t, files.Client).ExtKeyUsage); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("keys for their owner's eyes only", func(t *testing.T) {
		t.Parallel()
		if runtime.GOOS == "windows" {
			t.Skip("permissions are lists there")
		}
		for _, path := range []string{files.ServerKey, files.ClientKey} {
			info, err := os.Stat(path)
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v (%v), want 0600", path, info.Mode(), err)
			}
		}
	})
	t.Run("configurations that load", func(t *testing.T) {
		t.Parallel()
		if _, err := files.MutualConfig(); err != nil {
			t.Error(err)
		}
		if _, err := files.ClientConfig(); err != nil {
			t.Error(err)
		}
	})
}

func TestEnsureKeepsASetThatIsGood(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := read(t, ensure(t, dir, hosts))
	if diff := cmp.Diff(first, read(t, ensure(t, dir, hosts[:2]))); diff != "" {
		t.Errorf("the set was replaced:\n%s", diff)
	}
}

func TestEnsureReplacesASet(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		spoil func(t *testing.T, files Files)
		hosts []string
	}{
		{"with a missing file", func(t *testing.T, f Files) { remove(t, f.ClientKey) }, hosts},
		{"with a broken file", func(t *testing.T, f Files) { overwrite(t, f.Root, "no certificate") }, hosts},
		{"with the key of another certificate", func(t *testing.T, f Files) { overwrite(t, f.ServerKey, read(t, f)["client_key.pem"]) }, hosts},
		{"with a server certificate for a client", func(t *testing.T, f Files) {
			overwrite(t, f.Client, read(t, f)["server.pem"])
			overwrite(t, f.ClientKey, read(t, f)["server_key.pem"])
		}, hosts},
		{"for other hosts", func(*testing.T, Files) {}, []string{"other.example.com"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			first := ensure(t, dir, hosts)
			root := read(t, first)["root.pem"]
			tt.spoil(t, first)
			if got := read(t, ensure(t, dir, tt.hosts))["root.pem"]; got == root {
				t.Error("the set was kept")
			}
			if err := check(first, tt.hosts); err != nil {
				t.Errorf("the new set is not good: %v", err)
			}
		})
	}
}

func TestEnsureReplacesASetThatRunsOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		first := read(t, ensure(t, dir, hosts))
		time.Sleep(validity - 2*margin)
		if diff := cmp.Diff(first, read(t, ensure(t, dir, hosts))); diff != "" {
			t.Fatalf("replaced two days early:\n%s", diff)
		}
		time.Sleep(margin + time.Minute)
		if cmp.Equal(first, read(t, ensure(t, dir, hosts))) {
			t.Error("kept on its last day")
		}
	})
}

func TestEnsureFailsWhereItCannotWrite(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	overwrite(t, file, "x")
	if _, err := Ensure(filepath.Join(file, "dir"), hosts); err == nil {
		t.Error("no error below a file")
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func overwrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
