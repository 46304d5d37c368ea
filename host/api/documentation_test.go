package api

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// ofPage finds what the page loads.
var ofPage = regexp.MustCompile(`(?:src|href)="([^"]+)"`)

func TestDocumentation(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	page := b.send("GET", "/documentation", "")
	if page.Status != http.StatusOK || !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") || !strings.Contains(page.Body, "/documentation/json") {
		t.Fatalf("%d %s %.500s", page.Status, page.Header.Get("Content-Type"), page.Body)
	}
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "http") {
		t.Errorf("its policy is %q", policy)
	}
	pieces := ofPage.FindAllStringSubmatch(page.Body, -1)
	if len(pieces) < 4 {
		t.Errorf("it has %d pieces: %s", len(pieces), page.Body)
	}
	for _, piece := range pieces { // each comes from here, so that it works offline
		a := b.send("GET", piece[1], "", "Accept-Encoding: identity")
		if !strings.HasPrefix(piece[1], "/documentation/") || a.Status != http.StatusOK || len(a.Body) < 100 {
			t.Errorf("%s: %d with %d bytes", piece[1], a.Status, len(a.Body))
		}
	}
	const script = "/documentation/swagger-ui-bundle.js"
	packed := b.send("GET", script, "", "Accept-Encoding: gzip")
	if packed.Header.Get("Content-Encoding") != "gzip" || len(packed.Body) > 1<<20 {
		t.Errorf("it is sent as %q in %d bytes", packed.Header.Get("Content-Encoding"), len(packed.Body))
	}
	if again := b.send("GET", script, "", "Accept-Encoding: gzip", "If-None-Match: "+packed.Header.Get("ETag")); again.Status != http.StatusNotModified {
		t.Errorf("what a browser has is sent again: %d", again.Status)
	}
	b.play(t, []scenario{
		{name: "has the description as JSON", method: "GET", path: "/documentation/json", status: 200, says: []string{`"/v4/filecopy"`, `"/api/v1/runs"`}},
		{name: "has it as YAML", method: "GET", path: "/documentation/yaml", status: 200, says: []string{"/v4/filecopy:"}, has: []string{"Content-Type: application/yaml; charset=utf-8"}},
		{name: "has no other pieces", method: "GET", path: "/documentation/nosuch.js", status: 404, says: []string{"Route GET:/documentation/nosuch.js not found"}},
		{name: "leads nowhere else", method: "GET", path: "/documentation/..%2Fembed.go", status: 404},
	})
}
