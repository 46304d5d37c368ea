package mqtt_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	broker "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"butlerd/plugins/mqtt"
	"butlerd/sdk/sdktest"
)

// message is what a broker was given.
type message struct {
	Topic, Text string
	QoS         byte
	Retain      bool
	Protocol    byte // as on the wire
}

// recorder lets in who has the password, and notes what is published.
type recorder struct {
	broker.HookBase
	password string
	got      chan message
	connects chan string // the client's id
}

func (r *recorder) ID() string { return "recorder" }

func (r *recorder) Provides(b byte) bool {
	return b == broker.OnConnectAuthenticate || b == broker.OnACLCheck || b == broker.OnPublish
}

func (r *recorder) OnConnectAuthenticate(c *broker.Client, p packets.Packet) bool {
	r.connects <- c.ID
	return string(p.Connect.Password) == r.password
}

func (r *recorder) OnACLCheck(*broker.Client, string, bool) bool { return true }

func (r *recorder) OnPublish(c *broker.Client, p packets.Packet) (packets.Packet, error) {
	r.got <- message{p.TopicName, string(p.Payload), p.FixedHeader.Qos, p.FixedHeader.Retain, c.Properties.ProtocolVersion}
	return p, nil
}

// started is a real broker on loopback.
type started struct {
	*broker.Server
	*recorder
	address string // host:port
	close   func() // may be called again, unlike Server.Close
}

// options of a broker; the zero value is one that lets in who has no password.
type options struct {
	address  string // default: a port that is free
	password string
	tls      *tls.Config
}

func startBroker(t *testing.T, o options) *started {
	t.Helper()
	if o.address == "" {
		o.address = "127.0.0.1:0"
	}
	s := &started{
		Server:   broker.New(&broker.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}),
		recorder: &recorder{password: o.password, got: make(chan message, 100), connects: make(chan string, 100)},
	}
	if err := s.Server.AddHook(s.recorder, nil); err != nil {
		t.Fatal(err)
	}
	listener := listeners.NewTCP(listeners.Config{ID: "l", Address: o.address, TLSConfig: o.tls})
	if err := s.Server.AddListener(listener); err != nil {
		t.Fatal(err)
	}
	if err := s.Server.Serve(); err != nil {
		t.Fatal(err)
	}
	s.close = sync.OnceFunc(func() { _ = s.Server.Close() })
	t.Cleanup(s.close)
	s.address = listener.Address()
	return s
}

// mute is a broker that lets everybody in when it is to, and says nothing more.
func mute(t *testing.T, letIn bool) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if letIn {
				_, _ = conn.Write([]byte{0x20, 0x02, 0x00, 0x00}) // CONNACK, accepted
			}
			go func() {
				_, _ = io.Copy(io.Discard, conn)
				conn.Close()
			}()
		}
	}()
	return listener.Addr().String()
}

type settings map[string]any

func (s settings) text(t *testing.T) string {
	t.Helper()
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func configured(t *testing.T, s settings) *sdktest.Client {
	t.Helper()
	client := sdktest.Serve(t, mqtt.Plugin())
	configure(t, client, s)
	return client
}

func configure(t *testing.T, c *sdktest.Client, s settings) {
	t.Helper()
	faults, err := c.Configure(t.Context(), s.text(t))
	if err != nil || len(faults) > 0 {
		t.Fatal(faults, err)
	}
}

func run(t *testing.T, c *sdktest.Client, args settings) *sdktest.Record {
	t.Helper()
	r, err := c.Run(t.Context(), mqtt.Publish, args.text(t))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// keys are a certificate, signed by itself, for 127.0.0.1, in files.
type keys struct {
	cert, key string
	pair      tls.Certificate
}

func newKeys(t *testing.T) keys {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "test"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:         true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	k := keys{cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem")}
	certText := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	keyText := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if k.pair, err = tls.X509KeyPair(certText, keyText); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string][]byte{k.cert: certText, k.key: keyText} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return k
}
