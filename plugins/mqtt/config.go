package mqtt

import (
	"cmp"
	"crypto/rand"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"butlerd/sdk"
)

// Config is the config block of the plugin.
type Config struct {
	Broker     string        `hcl:"broker" doc:"address of the broker: tcp://host:1883, or ssl://host:8883 for TLS. The port may be left out"`
	Username   string        `hcl:"username,optional" doc:"name to log in with; left out: none"`
	Password   string        `hcl:"password,optional" sensitive:"true" doc:"password of that user"`
	ClientID   string        `hcl:"client_id,optional" doc:"name of the connection. A broker ends the older one of two with the same, so each host needs its own; left out: one that is unique"`
	RootCert   string        `hcl:"root_cert,optional" doc:"with ssl: path of the certificate that the broker's own is checked against, in PEM format; left out: what the operating system trusts"`
	ClientCert string        `hcl:"client_cert,optional" doc:"with ssl: path of a client certificate, in PEM format"`
	ClientKey  string        `hcl:"client_key,optional" doc:"with ssl: path of its key, in PEM format, without a password"`
	Insecure   bool          `hcl:"insecure" default:"false" doc:"with ssl: do not check the broker's certificate: anybody in between can read and change everything. root_cert is the better cure"`
	Protocol   string        `hcl:"protocol" default:"3.1.1" enum:"3.1.1,3.1" doc:"version of MQTT to speak. 3.1 is for very old brokers"`
	Timeout    time.Duration `hcl:"timeout" default:"10s" doc:"how long connecting may take, and then publishing; 1s to 10m"`
}

// The bounds of timeout.
const (
	minTimeout = time.Second
	maxTimeout = 10 * time.Minute
)

// maxClientID is the longest that every broker takes, in bytes (MQTT 3.1.1,
// 3.1.3.1), for the one that is made up.
const maxClientID = 23

// Validate tells all that is wrong with the text; it reads no file.
func (c *Config) Validate() error {
	u, err := c.address()
	errs := []error{sdk.At(err, "broker")}
	if c.Timeout < minTimeout || c.Timeout > maxTimeout {
		errs = append(errs, sdk.At(errors.New("must be between 1s and 10m"), "timeout"))
	}
	if c.Password != "" && c.Username == "" {
		errs = append(errs, sdk.At(errors.New("needs username beside it"), "password"))
	}
	for name, text := range map[string]string{"username": c.Username, "password": c.Password, "client_id": c.ClientID} {
		if len(text) > maxTopic || strings.ContainsRune(text, 0) {
			errs = append(errs, sdk.At(errors.New("must be text without NUL characters, of at most 65535 bytes"), name))
		}
	}
	if err == nil && u.Scheme == "tcp" {
		return errors.Join(append(errs, c.checkNoTLS())...)
	}
	return errors.Join(append(errs, c.checkPair())...)
}

// checkNoTLS refuses what would not be looked at: whoever gave it believes that
// the connection is encrypted.
func (c *Config) checkNoTLS() error {
	var errs []error
	for name, given := range map[string]bool{"root_cert": c.RootCert != "", "client_cert": c.ClientCert != "", "client_key": c.ClientKey != "", "insecure": c.Insecure} {
		if given {
			errs = append(errs, sdk.At(errors.New("is used with an ssl:// broker only"), name))
		}
	}
	return errors.Join(errs...)
}

func (c *Config) checkPair() error {
	switch {
	case c.ClientCert == "" && c.ClientKey != "":
		return sdk.At(errors.New("needs client_cert beside it"), "client_key")
	case c.ClientCert != "" && c.ClientKey == "":
		return sdk.At(errors.New("needs client_key beside it"), "client_cert")
	}
	return nil
}

var ports = map[string]string{"tcp": "1883", "ssl": "8883"}

// address is the broker's, with a port. Errors do not tell the text: people write
// passwords into addresses.
func (c *Config) address() (*url.URL, error) {
	u, err := url.Parse(c.Broker)
	switch {
	case err != nil || u.Hostname() == "" || ports[u.Scheme] == "":
		return nil, errors.New("must be an address like tcp://host:1883 or ssl://host:8883")
	case u.User != nil:
		return nil, errors.New("must not hold a user; give username and password")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("must end after the port")
	}
	port := cmp.Or(u.Port(), ports[u.Scheme])
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return nil, errors.New("must have a port between 1 and 65535")
	}
	return &url.URL{Scheme: u.Scheme, Host: net.JoinHostPort(u.Hostname(), port)}, nil
}

// clientID makes one up where there is none.
func (c *Config) clientID() string {
	if c.ClientID != "" {
		return c.ClientID
	}
	return ("butlerd" + rand.Text())[:maxClientID]
}
