package config

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// readDSN looks at where a database is: a URL, or words key=value as libpq reads
// them. It finds the passwords in it, in all ways they are written, and says
// what is wrong without quoting anything, because the password may be anywhere.
// The driver decides about the rest when it connects.
func readDSN(text string) (passwords []string, reason string) {
	rest, isURL := strings.CutPrefix(text, "postgres://")
	if !isURL {
		rest, isURL = strings.CutPrefix(text, "postgresql://")
	}
	scheme, _, otherURL := strings.Cut(text, "://")
	switch {
	case strings.TrimSpace(text) == "":
		return nil, "must not be empty"
	case strings.ContainsFunc(text, unicode.IsControl):
		return nil, "must not contain control characters, such as a line break at its end"
	case isURL:
		return readURL(rest)
	case otherURL && !strings.ContainsAny(scheme, "= "):
		return nil, "must start with postgres:// or postgresql://"
	}
	return readWords(text)
}

// readURL reads what stands after the scheme. The library's parser is not used:
// its errors quote, and it refuses several hosts.
func readURL(rest string) (passwords []string, reason string) {
	authority, tail := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority, tail = rest[:i], rest[i:]
	}
	user, hosts := "", authority
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		user, hosts = authority[:i], authority[i+1:]
	}
	path, query, _ := strings.Cut(tail, "?")
	_, password, _ := strings.Cut(user, ":")
	passwords = append(passwords, password)
	plain, err := url.PathUnescape(password)
	passwords = append(passwords, plain)
	values, queryErr := url.ParseQuery(query)
	passwords = append(passwords, values["password"]...)
	if _, userErr := url.PathUnescape(user); err != nil || userErr != nil {
		return passwords, "has a % in its user or password that starts no escape; write %25 for it"
	}
	if _, err := url.PathUnescape(path); err != nil || queryErr != nil {
		return passwords, "has a database or parameters that cannot be read; check the % signs"
	}
	return passwords, badHosts(hosts, values.Get("host") != "")
}

// badHosts says what is wrong with host:port,host:port, or nothing.
func badHosts(hosts string, elsewhere bool) string {
	if hosts == "" && elsewhere {
		return ""
	}
	for _, host := range strings.Split(hosts, ",") {
		name, port, hasPort := splitPort(host)
		switch {
		case name == "" && !elsewhere:
			return "names no host; it looks like postgres://user:password@host:5432/database"
		case strings.ContainsAny(name, " @:%<>[]\"\\^`{}|"):
			return "has a host that cannot be one; in a password write @ as %40 and / as %2F"
		case hasPort && !validPort(port):
			return "has a port that is no number from 1 to 65535; in a password write / as %2F, ? as %3F and # as %23"
		}
	}
	return ""
}

// splitPort splits host:port, where the host may be an IPv6 address in brackets.
func splitPort(host string) (name, port string, hasPort bool) {
	if inside, after, ok := strings.Cut(strings.TrimPrefix(host, "["), "]"); ok && host[0] == '[' {
		if port, hasPort = strings.CutPrefix(after, ":"); !hasPort {
			port = "" // what stands there is no port
		}
		return strings.NewReplacer(":", "", "%", "").Replace(inside), port, after != ""
	}
	return strings.Cut(host, ":")
}

func validPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

const notWords = "is neither a URL such as postgres://user:password@host:5432/database nor words such as host=db dbname=butlerd"

// readWords reads words key=value. A value may stand in single quotes, and a
// backslash takes what follows it as it is.
func readWords(text string) (passwords []string, reason string) {
	for text = strings.TrimLeft(text, " "); text != ""; text = strings.TrimLeft(text, " ") {
		key, rest, ok := strings.Cut(text, "=")
		key = strings.TrimRight(key, " ")
		if !ok || key == "" || strings.Trim(key, "abcdefghijklmnopqrstuvwxyz_") != "" {
			return passwords, notWords
		}
		var value string
		if value, text, ok = word(strings.TrimLeft(rest, " ")); !ok {
			return passwords, "has a quote that is not closed"
		}
		if key == "password" {
			passwords = append(passwords, value)
		}
	}
	return passwords, ""
}

// word takes one value off the front of a text.
func word(text string) (value, rest string, ok bool) {
	text, quoted := strings.CutPrefix(text, "'")
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			out.WriteByte(text[i])
		case quoted && c == '\'', !quoted && c == ' ':
			return out.String(), text[i+1:], true
		default:
			out.WriteByte(c)
		}
	}
	return out.String(), "", !quoted
}
