package reload

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/sdk"
	"butlerd/sdk/sdktest"
)

// newCapture is an action that only keeps its arguments.
func newCapture(into *Arguments) sdk.Action {
	return sdk.NewAction(Name, func(_ context.Context, _ *sdk.Run, a Arguments) (struct{}, error) {
		*into = a
		return struct{}{}, nil
	})
}

// files are written to a directory of the test.
type files struct {
	t   *testing.T
	dir string
}

func (f files) path(name string) string { return filepath.Join(f.dir, name) }

func (f files) write(name string, blocks ...*pem.Block) {
	f.t.Helper()
	var text []byte
	for _, b := range blocks {
		text = append(text, pem.EncodeToMemory(b)...)
	}
	if err := os.WriteFile(f.path(name), text, 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// pair writes NAME.pem and NAME_key.pem, signed by itself.
func (f files) pair(name string, change func(*x509.Certificate)) {
	f.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	change(template)
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		f.t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		f.t.Fatal(err)
	}
	f.write(name+".pem", &pem.Block{Type: "CERTIFICATE", Bytes: cert})
	f.write(name+"_key.pem", &pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func newFiles(t *testing.T) files {
	f := files{t, t.TempDir()}
	f.pair("client", func(*x509.Certificate) {})
	f.pair("other", func(*x509.Certificate) {})
	f.pair("any", func(c *x509.Certificate) { c.ExtKeyUsage = nil })
	f.pair("server", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })
	f.pair("old", func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)
	})
	f.pair("new", func(c *x509.Certificate) {
		c.NotBefore = time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC)
		c.NotAfter = time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)
	})
	f.write("locked_key.pem", &pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")})
	f.write("oldlocked_key.pem", &pem.Block{Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,00"}, Bytes: []byte("x")})
	f.write("empty.pem")
	f.write("broken.pem", &pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")})
	return f
}

// config is a good one with changes; nil takes a member away.
func (f files) config(changes map[string]any) string {
	f.t.Helper()
	members := map[string]any{
		"host":        "sense.example.com",
		"client_cert": f.path("client.pem"),
		"client_key":  f.path("client_key.pem"),
		"root_cert":   f.path("other.pem"),
	}
	for name, value := range changes {
		members[name] = value
		if text, ok := value.(string); ok && strings.HasSuffix(text, ".pem") {
			members[name] = f.path(text)
		}
	}
	text, err := json.Marshal(members)
	if err != nil {
		f.t.Fatal(err)
	}
	return string(text)
}

// change is what is different from a good configuration.
type change = map[string]any

// proxied takes the certificate away, for virtual proxies.
func proxied(proxy change) change {
	return change{"client_cert": nil, "client_key": nil, "virtual_proxy": proxy}
}

func TestConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	f := newFiles(t)
	const notHost = "must be a host name or an IP address, without https:// and without a path"
	tests := map[string]struct {
		changes change
		want    []string
	}{
		"a good one":                  {nil, nil},
		"hosts":                       {change{"host": nil, "hosts": []string{"a", "10.0.0.1:1", "[::1]:4242", "::1", "[::1]"}}, nil},
		"a certificate for anything":  {change{"client_cert": "any.pem", "client_key": "any_key.pem"}, nil},
		"a header":                    {proxied(change{"prefix": "hdr", "header_name": "hdr-usr", "header_value": `EXAMPLE\ada`}), nil},
		"a JWT":                       {proxied(change{"jwt": "eyJh.eyJ1.c2ln"}), nil},
		"no host":                     {change{"host": nil}, []string{"needs host, or hosts"}},
		"host and hosts":              {change{"hosts": []string{"a"}}, []string{"host: is not used with hosts; give only one of the two"}},
		"a URL":                       {change{"host": "https://sense.example.com/"}, []string{"host: " + notHost}},
		"an empty host of several":    {change{"host": nil, "hosts": []string{"a", ""}}, []string{"hosts[1]: " + notHost}},
		"a host with a bad port":      {change{"host": "a:70000"}, []string{"host: has a port that is not between 1 and 65535"}},
		"a bad port":                  {change{"port": 70000}, []string{"port: must be between 1 and 65535"}},
		"a timeout too short":         {change{"request_timeout": "10ms"}, []string{"request_timeout: must be between 1s and 10m"}},
		"no user":                     {change{"user_id": "", "user_directory": "a\nb"}, []string{"user_directory: must be the name of a user directory", "user_id: must be the id of a user"}},
		"nothing to authenticate":     {change{"client_cert": nil, "client_key": nil}, []string{"needs client_cert and client_key, or a virtual_proxy block: without either Qlik Sense lets nobody in"}},
		"a certificate without key":   {change{"client_key": nil}, []string{"client_cert: needs client_key beside it"}},
		"a key without certificate":   {change{"client_cert": nil}, []string{"client_key: needs client_cert beside it"}},
		"both ways":                   {change{"virtual_proxy": change{"jwt": "a.b.c"}}, []string{"client_cert: is not used with virtual_proxy; give only one of the two", "client_key: is not used with virtual_proxy; give only one of the two"}},
		"a proxy without user":        {proxied(change{"prefix": "x"}), []string{"virtual_proxy: needs header_name and header_value, or jwt"}},
		"a proxy with two":            {proxied(change{"jwt": "a.b.c", "header_name": "h", "header_value": "v"}), []string{"virtual_proxy.jwt: is not used with header_name; give only one of the two"}},
		"a header without value":      {proxied(change{"header_name": "h"}), []string{"virtual_proxy.header_name: needs header_value beside it"}},
		"a value without header":      {proxied(change{"header_value": "v"}), []string{"virtual_proxy.header_value: needs header_name beside it"}},
		"a bad prefix, header, value": {proxied(change{"prefix": "/x", "header_name": "a b", "header_value": "å"}), []string{"virtual_proxy.prefix: must be letters, digits and . _ ~ - only, without slashes", "virtual_proxy.header_name: is not the name of an HTTP header", "virtual_proxy.header_value: must be ASCII characters, the only ones that Qlik Sense takes in this header"}},
		"a bad JWT":                   {proxied(change{"jwt": "Bearer a.b.c"}), []string{"virtual_proxy.jwt: is not a JWT, three parts of letters and digits with dots between them"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			configure(t, f.config(tt.changes), tt.want)
		})
	}
}

func TestFilesAreChecked(t *testing.T) {
	t.Parallel()
	f := newFiles(t)
	tests := map[string]struct {
		changes change
		want    []string // parts of the diagnostics, one for each
	}{
		"no such files":              {change{"client_cert": "no.pem", "client_key": "no_key.pem", "root_cert": "none.pem"}, []string{"root_cert: open ", "client_cert: open ", "client_key: open "}},
		"no PEM":                     {change{"client_cert": "empty.pem", "root_cert": "empty.pem"}, []string{"root_cert: reading", "it holds no PEM data; export the certificates from the QMC in PEM format"}},
		"a root without certificate": {change{"root_cert": "client_key.pem"}, []string{"root_cert: reading"}},
		"the key of another":         {change{"client_key": "other_key.pem"}, []string{"client_cert: the key in client_key is not that of this certificate"}},
		"the files exchanged":        {change{"client_cert": "client_key.pem", "client_key": "client.pem"}, []string{"client_key: reading"}},
		"the key as certificate":     {change{"client_cert": "client_key.pem"}, []string{"client_cert: it holds no certificate first; is it the file with the key?"}},
		"a broken certificate":       {change{"client_cert": "broken.pem"}, []string{"client_cert: reading the certificate: "}},
		"a locked key":               {change{"client_key": "locked_key.pem"}, []string{"the key is protected by a password; export it without one"}},
		"a locked key of old":        {change{"client_key": "oldlocked_key.pem"}, []string{"the key is protected by a password; export it without one"}},
		"a certificate of servers":   {change{"client_cert": "server.pem", "client_key": "server_key.pem"}, []string{"client_cert: the certificate is one for servers; Qlik Sense exports the one for clients as client.pem"}},
		"an expired certificate":     {change{"client_cert": "old.pem", "client_key": "old_key.pem"}, []string{"client_cert: the certificate expired on 2021-01-01; export a new one from the QMC"}},
		"a certificate of tomorrow":  {change{"client_cert": "new.pem", "client_key": "new_key.pem"}, []string{"client_cert: the certificate is not valid before 2999-01-01T00:00:00Z"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, err := sdktest.Serve(t, Plugin()).Configure(t.Context(), f.config(tt.changes))
			if err != nil {
				t.Fatal(err)
			}
			got := places(found)
			if len(got) != len(tt.want) {
				t.Fatalf("got %q", got)
			}
			for i, want := range tt.want {
				wantText(t, "diagnostic", got[i], want)
			}
		})
	}
}

func configure(t *testing.T, config string, want []string) {
	t.Helper()
	found, err := sdktest.Serve(t, Plugin()).Configure(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(append([]string{}, want...), places(found)); diff != "" {
		t.Error(diff)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		config Config
		want   []string
	}{
		"the default port":   {Config{Host: "a"}, []string{"a:4242"}},
		"that of a proxy":    {Config{Host: "a", VirtualProxy: &VirtualProxy{}}, []string{"a:443"}},
		"another":            {Config{Host: "a", Port: 1}, []string{"a:1"}},
		"ports of their own": {Config{Hosts: []string{"a:2", "b", "::1", "[::1]", "[::1]:3"}, Port: 1}, []string{"a:2", "b:1", "[::1]:1", "[::1]:1", "[::1]:3"}},
	}
	for name, tt := range tests {
		if diff := cmp.Diff(tt.want, tt.config.addresses()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
