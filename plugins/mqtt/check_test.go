package mqtt_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"butlerd/plugins/mqtt"
	"butlerd/sdk/schema"
	"butlerd/sdk/sdktest"
)

func told(faults []schema.Diagnostic) []string {
	var list []string
	for _, f := range faults {
		list = append(list, strings.TrimPrefix(f.Path.String()+": "+f.Summary, ": "))
	}
	slices.Sort(list)
	return list
}

func TestArgumentsAreChecked(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args settings
		want string
	}{
		"no topic":        {settings{"topic": "", "message": "x"}, "topic: must not be empty"},
		"no message":      {settings{"topic": "a"}, "message: is required"},
		"a wildcard":      {settings{"topic": "a/+/b", "message": "x"}, "topic: must not contain the wildcards + and #; they are for subscribing"},
		"all wildcards":   {settings{"topic": "#", "message": "x"}, "topic: must not contain the wildcards + and #; they are for subscribing"},
		"a NUL":           {settings{"topic": "a\x00", "message": "x"}, "topic: must be text without NUL characters"},
		"too long":        {settings{"topic": strings.Repeat("å", 32768), "message": "x"}, "topic: must not be longer than 65535 bytes"},
		"no such quality": {settings{"topic": "a", "message": "x", "qos": 3}, "qos: must be 0, 1 or 2"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := configured(t, settings{"broker": "tcp://127.0.0.1:1"})
			if diff := cmp.Diff([]string{tt.want}, told(run(t, client, tt.args).Diagnostics)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	k, other := newKeys(t), newKeys(t)
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const notAddress = "broker: must be an address like tcp://host:1883 or ssl://host:8883"
	const onlySSL = ": is used with an ssl:// broker only"
	tests := map[string]struct {
		config settings
		want   []string
	}{
		"without a port":     {settings{"broker": "tcp://broker.example.com/"}, nil},
		"IPv6":               {settings{"broker": "ssl://[::1]:8883", "root_cert": k.cert, "client_cert": k.cert, "client_key": k.key}, nil},
		"no address":         {settings{"broker": "broker.example.com"}, []string{notAddress}},
		"another scheme":     {settings{"broker": "ws://broker.example.com"}, []string{notAddress}},
		"a bad port":         {settings{"broker": "tcp://a:70000"}, []string{"broker: must have a port between 1 and 65535"}},
		"a user":             {settings{"broker": "tcp://u:verysecret@a"}, []string{"broker: must not hold a user; give username and password"}},
		"a path":             {settings{"broker": "tcp://a/b"}, []string{"broker: must end after the port"}},
		"TLS without it":     {settings{"broker": "tcp://a", "root_cert": "x", "insecure": true}, []string{"insecure" + onlySSL, "root_cert" + onlySSL}},
		"a password alone":   {settings{"broker": "tcp://a", "password": "x"}, []string{"password: needs username beside it"}},
		"a NUL":              {settings{"broker": "tcp://a", "client_id": "\x00"}, []string{"client_id: must be text without NUL characters, of at most 65535 bytes"}},
		"a key alone":        {settings{"broker": "ssl://a", "client_key": k.key}, []string{"client_key: needs client_cert beside it"}},
		"a certificate only": {settings{"broker": "ssl://a", "client_cert": k.cert}, []string{"client_cert: needs client_key beside it"}},
		"an empty root":      {settings{"broker": "ssl://a", "root_cert": empty}, []string{"root_cert: reading " + empty + ": it holds no certificate in PEM format"}},
		"another's key":      {settings{"broker": "ssl://a", "client_cert": k.cert, "client_key": other.key}, []string{"client_cert: reading it with client_key: tls: private key does not match public key"}},
		"a new protocol":     {settings{"broker": "tcp://a", "protocol": "5"}, []string{"protocol: must be one of 3.1.1, 3.1"}},
		"a short timeout":    {settings{"broker": "tcp://a", "timeout": "1ms"}, []string{"timeout: must be between 1s and 10m"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			faults, err := sdktest.Serve(t, mqtt.Plugin()).Configure(t.Context(), tt.config.text(t))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, told(faults)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
