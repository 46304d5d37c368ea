package butler

import (
	"butlerd/host/finding"
	"net"
	"strconv"
	"strings"

	"butlerd/host/config/hclfile"
)

// site is how Butler reaches a service of Qlik Sense.
type site struct {
	host, port      string
	ssl, verify     bool
	directory, user string
	headers         []string // others, by name
}

// knownSite reads configQRS or configEngine.
func (r *reading) site(name string) site {
	s := site{
		host: r.text(name + ".host"), ssl: r.flag(name+".useSSL", true), verify: r.flag(name+".rejectUnauthorized", true),
	}
	if n := r.number(name+".port", 65535); n > 0 {
		s.port = strconv.Itoa(n)
	}
	for _, h := range r.twins(name+".headers.static", "name", "value") {
		if strings.EqualFold(h[0], "X-Qlik-User") {
			s.directory, s.user = qlikUser(h[1])
			continue
		}
		s.headers = append(s.headers, h[0])
	}
	return s
}

// qlikUser takes "UserDirectory=Internal; UserId=sa_repository" apart.
func qlikUser(header string) (directory, user string) {
	for part := range strings.SplitSeq(header, ";") {
		name, value, _ := strings.Cut(part, "=")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "userdirectory":
			directory = strings.TrimSpace(value)
		case "userid":
			user = strings.TrimSpace(value)
		}
	}
	return directory, user
}

// certificates are the files by which Butler lets Qlik Sense know it.
type certificates struct{ cert, key, ca string }

// check reads all there is, so that a mistake in the file is told before anything is
// made of it.
func (s *Settings) check() error {
	c := conversion{file: hclfile.New()}
	r := &reading{Settings: s}
	c.blocks(r)
	return r.err
}

// settings writes what there is beside schedules.
func (c *conversion) settings(s *Settings) { c.blocks(&reading{Settings: s}) } // read before

func (c *conversion) blocks(r *reading) {
	certs := certificates{r.text("cert.clientCert"), r.text("cert.clientCertKey"), r.text("cert.clientCertCA")}
	c.host(r)
	c.file.Space()
	c.qlik(r, "configQRS", "qlik-sense-reload", certs)
	if r.node("configEngine").there() {
		c.file.Space()
		c.qlik(r, "configEngine", "qlik-sense-app", certs)
	}
	c.others(r)
	c.api(r)
	if !r.flag("scheduler.enable", true) {
		c.off = true
		c.find(finding.Trap, r.node("scheduler").place(), "", "Butler's scheduler was off: no schedule fired. All are stopped here, and the operations on them are off")
	}
}

// host writes where the API listens.
func (c *conversion) host(r *reading) {
	b := c.file.Block("host")
	host, port := r.text("restServerConfig.serverHost"), r.number("restServerConfig.serverPort", 65535)
	if port == 0 {
		port = 8080
	}
	place := r.node("restServerConfig").place()
	if !r.flag("restServerConfig.enable", true) {
		c.find(finding.Note, place, "", "Butler's REST server was off; that of butlerd is always there, on the loopback address")
		host = ""
	}
	if host == "" {
		host = "127.0.0.1"
	}
	b.Text("listen", net.JoinHostPort(host, strconv.Itoa(port)))
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		b.Comment("Whoever reaches this address can run actions: there is no authentication, as there\nwas none in Butler.")
		b.Flag("allow_remote_without_authentication", true)
		c.find(finding.Trap, place, "", "the API listens on %s, where other machines reach it without authentication, as they did in Butler", host)
	}
	if r.flag("restServerConfig.tls.enable", false) {
		c.find(finding.Left, place, "", "TLS of the REST server: butlerd speaks HTTP; put a proxy with the certificate before it")
	}
	if c.in.ServerTimezone != "" {
		b.Text("timezone", c.in.ServerTimezone)
	}
}

// qlik writes a plugin that calls a service of Qlik Sense.
func (c *conversion) qlik(r *reading, setting, plugin string, certs certificates) {
	s, place := r.site(setting), r.node(setting).place()
	b := c.file.Block("plugin", plugin).Block("config")
	if s.host == "" {
		s.host = "127.0.0.1"
		c.find(finding.Trap, place, "", "%s.host is not set; the plugin %s calls %s", setting, plugin, s.host)
	}
	b.Text("host", s.host)
	if n, err := strconv.Atoi(s.port); err == nil {
		b.Number("port", n)
	}
	for _, f := range []struct{ name, path, fallback string }{
		{"client_cert", certs.cert, "client.pem"}, {"client_key", certs.key, "client_key.pem"}, {"root_cert", certs.ca, ""},
	} {
		switch {
		case f.path == "" && f.fallback != "":
			b.Text(f.name, f.fallback)
			c.find(finding.Trap, r.file, "", "no file of certificates is set for %s of the plugin %s; put in which", f.name, plugin)
		case f.path != "":
			b.Text(f.name, f.path)
		}
		if f.path != "" && !absolute(f.path) {
			c.find(finding.Trap, r.node("cert").place(), "", "%s of the plugin %s is relative: to the directory that butlerd is started in", f.name, plugin)
		}
	}
	if s.directory != "" {
		b.Text("user_directory", s.directory)
	}
	if s.user != "" {
		b.Text("user_id", s.user)
	}
	if !s.verify {
		b.Comment("As in Butler (rejectUnauthorized: false). Anybody in between can read and change all;\nwith root_cert, and server_name where needed, this line can go.")
		b.Flag("insecure", true)
		c.find(finding.Trap, place, "", "%s.rejectUnauthorized is false: the certificate of Qlik Sense is not checked (insecure = true), as in Butler", setting)
	}
	if !s.ssl {
		c.find(finding.Trap, place, "", "%s.useSSL is false; butlerd always uses TLS", setting)
	}
	if len(s.headers) > 0 {
		c.find(finding.Left, place, "", "headers to Qlik Sense that are not known here: %s", strings.Join(s.headers, ", "))
	}
}

// absolute says whether a path is one on Windows or elsewhere.
func absolute(path string) bool { return strings.HasPrefix(path, "/") || windows(path) }

// windows says whether a path is an absolute one of Windows.
func windows(path string) bool {
	return strings.HasPrefix(path, `\\`) || len(path) > 2 && path[1] == ':' && (path[2] == '\\' || path[2] == '/')
}
