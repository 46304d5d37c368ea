package api

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/gofiber/fiber/v2"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write openapi.json from openapi.yaml")

var description = sync.OnceValues(func() (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromData(openAPIYAML)
	if err != nil {
		return nil, err
	}
	return doc, doc.Validate(context.Background())
})

func loadDescription(t testing.TB) *openapi3.T {
	t.Helper()
	doc, err := description()
	if err != nil {
		t.Fatalf("openapi.yaml: %v", err)
	}
	return doc
}

// parameter is a parameter in a path, as fiber writes it and as OpenAPI does.
var (
	fiberParameter   = regexp.MustCompile(`:(\w+)`)
	openAPIParameter = regexp.MustCompile(`\\\{\w+\\\}`)
)

// emptyIDs are routes that OpenAPI cannot express, for ids and namespaces that are
// empty.
var emptyIDs = []string{
	"PUT /v4/schedules//start", "PUT /v4/schedules//stop", "DELETE /v4/schedules/",
	"PUT /v4/reloadtask//start", "POST /v4/reloadtask//start",
	"GET /v4/keylist/", "GET /v4/keyvalues/", "GET /v4/keyvalues//keyexists", "POST /v4/keyvalues/",
	"DELETE /v4/keyvalues/", "DELETE /v4/keyvalues//", "DELETE /v4/keyvalues//{key}", "DELETE /v4/keyvalues/{namespace}/",
}

func TestEveryRouteIsDescribed(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	var served []string
	for _, stack := range b.app.Stack() {
		for _, r := range stack {
			route := r.Method + " " + fiberParameter.ReplaceAllString(r.Path, "{$1}")
			if r.Path == "/" || r.Method == fiber.MethodHead || slices.Contains(emptyIDs, route) {
				continue // middleware, and what fiber adds to each GET
			}
			served = append(served, route)
		}
	}
	var described []string
	for path, item := range loadDescription(t).Paths.Map() {
		for method := range item.Operations() {
			described = append(described, method+" "+path)
		}
	}
	slices.Sort(served)
	slices.Sort(described)
	if diff := cmp.Diff(described, served); diff != "" {
		t.Errorf("described and served differ (-described +served):\n%s", diff)
	}
}

func TestOpenAPIJSONIsTheYAML(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(loadDescription(t))
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := json.Indent(&want, data, "", " "); err != nil {
		t.Fatal(err)
	}
	want.WriteByte('\n')
	if *update {
		if err := os.WriteFile("openapi.json", want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want.String(), string(openAPIJSON)); diff != "" {
		t.Errorf("openapi.json is not openapi.yaml; run the test with -update:\n%s", diff)
	}
}

// requested are the names of the schemas that bodies of requests have.
func requested(doc *openapi3.T) map[string]bool {
	names := map[string]bool{}
	for _, item := range doc.Paths.Map() {
		for _, o := range item.Operations() {
			if o.RequestBody == nil {
				continue
			}
			for _, media := range o.RequestBody.Value.Content {
				names[strings.TrimPrefix(media.Schema.Ref, "#/components/schemas/")] = true
			}
		}
	}
	return names
}

// What /api/v1 answers has the same members always. Schemas and diagnostics have
// shapes of their own, which leave out what says nothing; and who asks may leave out
// what has a default.
func TestMembersAreAlwaysThere(t *testing.T) {
	t.Parallel()
	doc := loadDescription(t)
	requests := requested(doc)
	for name, ref := range doc.Components.Schemas {
		if requests[name] || slices.Contains([]string{"Body", "Diagnostic"}, name) || strings.HasPrefix(name, "Butler") {
			continue
		}
		for member := range ref.Value.Properties {
			if !slices.Contains(ref.Value.Required, member) {
				t.Errorf("%s.%s is not required", name, member)
			}
		}
	}
}

func TestDescriptionIsServed(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	if a := b.send("GET", "/api/v1/openapi.yaml", ""); a.Status != http.StatusOK || a.Body != string(openAPIYAML) {
		t.Errorf("openapi.yaml: %d %.100s", a.Status, a.Body)
	}
	if a := b.send("GET", "/api/v1/openapi.json", ""); a.Status != http.StatusOK || a.Body != string(openAPIJSON) {
		t.Errorf("openapi.json: %d %.100s", a.Status, a.Body)
	}
}

// conform holds an answer to the description. method is the one that the request
// was handled as.
func conform(t testing.TB, q *http.Request, method string, a answer) {
	t.Helper()
	if method == http.MethodHead {
		method = http.MethodGet
	}
	route := describedRoute(loadDescription(t), q, method)
	if route == nil {
		if a.Status < 400 {
			t.Errorf("%s %s is answered with %d and not described", method, q.URL.EscapedPath(), a.Status)
		}
		return
	}
	if q.Method == http.MethodHead || a.Status == http.StatusNoContent || a.Status == http.StatusRequestHeaderFieldsTooLarge {
		return // no body; or refused before the path was read
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: q, Route: route},
		Status:                 a.Status,
		Header:                 a.Header,
		Body:                   io.NopCloser(strings.NewReader(a.Body)),
		Options:                &openapi3filter.Options{IncludeResponseStatus: true},
	}
	if err := openapi3filter.ValidateResponse(context.Background(), input); err != nil {
		t.Errorf("%s %s: the answer is not as described: %v\n%.2000s", method, q.URL, err, a.Body)
	}
}

// describedRoute finds the path of a request; the one with the fewest parameters
// when there are several.
func describedRoute(doc *openapi3.T, q *http.Request, method string) *routers.Route {
	var found string
	for path := range doc.Paths.Map() {
		pattern := strings.NewReplacer(`\{namespace\}`, `[^/]*`, `\{taskId\}`, `[^/]*`).Replace(regexp.QuoteMeta(path)) // which may be empty
		pattern = openAPIParameter.ReplaceAllString(pattern, `[^/]+`)
		match := regexp.MustCompile("^" + pattern + "$").MatchString(q.URL.EscapedPath())
		if match && (found == "" || strings.Count(path, "{") < strings.Count(found, "{")) {
			found = path
		}
	}
	item := doc.Paths.Value(found)
	if item == nil || item.GetOperation(method) == nil {
		return nil
	}
	return &routers.Route{Spec: doc, Path: found, PathItem: item, Method: method, Operation: item.GetOperation(method)}
}
