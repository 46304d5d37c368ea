package config

import (
	"encoding/json"
	"net"
	"os"
	"strconv"
	"time"

	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
)

func hostGrammar() grammar {
	return grammar{shape: ownShape(schema.Body{Attributes: []schema.Attribute{
		{Name: "name", Type: schema.String},
		{Name: "labels", Type: schema.MapOf(schema.String)},
		{Name: "listen", Type: schema.String, Default: json.RawMessage(`"127.0.0.1:8080"`)},
		{Name: "data_dir", Type: schema.String, Default: json.RawMessage(`"data"`)},
		{Name: "timezone", Type: schema.String},
		{Name: "v4_responses", Type: schema.String, Default: json.RawMessage(`"examples"`), Enum: []string{"examples", "butler-16"}},
		{Name: "shutdown_grace", Type: schema.Duration, Default: json.RawMessage(`"10s"`)},
		{Name: "late_limit", Type: schema.Duration, Default: json.RawMessage(`"1m"`)},
		{Name: "log_level", Type: schema.String, Default: json.RawMessage(`"info"`), Enum: []string{"debug", "info", "warn", "error"}},
		{Name: "log_format", Type: schema.String, Default: json.RawMessage(`"text"`), Enum: []string{"text", "json"}},
		{Name: "allow_remote_without_authentication", Type: schema.Bool, Default: json.RawMessage(`false`)},
	}})}
}

// host evaluates the host block; without one all defaults hold.
func (l *loader) host() hcl.Diagnostics {
	g := hostGrammar()
	body, ctx, at := hcl.EmptyBody(), l.scope.root, hcl.Range{}
	if b, ok := l.blocks.first("host"); ok {
		body, ctx, at = b.Body, l.scope.of(b.source), b.DefRange
	}
	content, diags := g.content(body)
	m, found := g.members(content, ctx, l.sources)
	if diags = append(diags, found...); diags.HasErrors() {
		return diags
	}
	l.config.Host = newHost(m, l.opts)
	diags = append(diags, l.hostName(m, content, at)...)
	diags = append(diags, checkLabels(l.config.Host.Labels, content, ctx)...)
	diags = append(diags, l.checkHost(m, content, at)...)
	if err := l.scope.setData(l.config.Host.DataDir); err != nil {
		diags = append(diags, wrong(written(content, "data_dir", at), "Invalid directory", "%s.", err))
	}
	return diags
}

func newHost(m members, o Options) Host {
	h := Host{
		Name:          m.text("name"),
		Labels:        m.table("labels"),
		Listen:        m.text("listen"),
		DataDir:       m.text("data_dir"),
		Timezone:      m.text("timezone"),
		V4Responses:   m.text("v4_responses"),
		ShutdownGrace: m.duration("shutdown_grace"),
		LateLimit:     m.duration("late_limit"),
		LogLevel:      m.text("log_level"),
		LogFormat:     m.text("log_format"),

		AllowRemoteWithoutAuthentication: m.flag("allow_remote_without_authentication"),
	}
	if o.Listen != "" {
		h.Listen = o.Listen
	}
	if o.DataDir != "" {
		h.DataDir = o.DataDir
	}
	return h
}

// hostName checks the name of the host, which is that of the machine unless the
// block says otherwise.
func (l *loader) hostName(m members, content *hcl.BodyContent, at hcl.Range) hcl.Diagnostics {
	name := &l.config.Host.Name
	if _, set := m.get("name"); !set {
		*name = l.opts.Hostname
		if *name == "" {
			*name, _ = os.Hostname() // without one the check below says what to do
		}
	}
	if reason := badName(*name); reason != "" {
		return hcl.Diagnostics{wrong(written(content, "name", at), "Invalid name",
			"The name of a host %s. It is that of the machine unless name in the host block says otherwise.", reason)}
	}
	return nil
}

func (l *loader) checkHost(m members, content *hcl.BodyContent, at hcl.Range) hcl.Diagnostics {
	h := l.config.Host
	diags := l.checkListen(content, at)
	if h.DataDir == "" {
		diags = append(diags, wrong(written(content, "data_dir", at), "Invalid directory", "The data directory must not be empty."))
	}
	if h.Timezone != "" {
		if _, err := l.specs.Get(daily(h.Timezone)); err != nil {
			diags = append(diags, wrong(written(content, "timezone", at), "Invalid time zone", "%s.", sentence(err)))
		}
	}
	diags = append(diags, m.atLeast(content, "shutdown_grace", 0, at)...)
	// A timer is always a little late: with less, nothing would run.
	return append(diags, m.atLeast(content, "late_limit", time.Second, at)...)
}

// checkListen refuses what cannot be listened on, and what would let everybody
// in the network run actions unless the file says so in so many words.
func (l *loader) checkListen(content *hcl.BodyContent, at hcl.Range) hcl.Diagnostics {
	address := l.config.Host.Listen
	fail := func(summary, format string, args ...any) hcl.Diagnostics {
		d := wrong(written(content, "listen", at), summary, format, args...)
		if l.opts.Listen != "" {
			d.Subject = nil // not written in a file
		}
		return hcl.Diagnostics{d}
	}
	host, port, err := net.SplitHostPort(address)
	if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || n > 65535 {
		return fail("Invalid address", "%q is not of the form host:port, such as 127.0.0.1:8080.", address)
	}
	if !loopback(host) && !l.config.Host.AllowRemoteWithoutAuthentication {
		return fail("Address reachable from other machines",
			"Whoever reaches %s can run actions, without authentication. Listen on 127.0.0.1, or set allow_remote_without_authentication = true in the host block.", address)
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
