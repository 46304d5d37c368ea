package qrs_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"butlerd/plugins/qlik-sense-reload/qrs"
	"butlerd/plugins/qlik-sense-reload/qrssim"
)

func TestFilterTexts(t *testing.T) {
	t.Parallel()
	id := uuid.MustParse("E3B27F50-B1C0-4879-88FC-C7CDD9C1CF3E")
	at := time.Date(2026, 1, 15, 9, 0, 1, 120_999_999, time.FixedZone("", 3600))
	tests := map[qrs.Filter]string{
		qrs.ID("id", id):                         "id eq e3b27f50-b1c0-4879-88fc-c7cdd9c1cf3e",
		qrs.Text("name", "Finance"):              "name eq 'Finance'",
		qrs.Text("name", "Q1'25"):                `name eq 'Q1\'25'`,
		qrs.Text("name", `C:\data\`):             `name eq 'C:\\data\\'`,
		qrs.Text("name", `\'`):                   `name eq '\\\''`,
		qrs.Since("startTime", at):               "startTime ge '2026-01-15T08:00:01.120Z'",
		qrs.Before("stopTime", at):               "stopTime lt '2026-01-15T08:00:01.120Z'",
		qrs.AnyID("id", nil):                     "id eq 00000000-0000-0000-0000-000000000000",
		qrs.AnyID("id", []uuid.UUID{id, wanted}): "id eq e3b27f50-b1c0-4879-88fc-c7cdd9c1cf3e or id eq 00000000-0000-4000-8000-000000000001",
		qrs.ID("id", id).And(qrs.Text("a", "b")): "(id eq e3b27f50-b1c0-4879-88fc-c7cdd9c1cf3e) and (a eq 'b')",
	}
	for got, want := range tests {
		if string(got) != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// simulated answers requests by a simulator of one task, whose name and tag and
// value of a custom property are all the same text, and of others that are not.
func simulated(t testing.TB, text string) http.RoundTripper {
	t.Helper()
	seed := &qrssim.Seed{
		Nodes:            []qrssim.SeedNode{{Name: "qs1.example.com"}},
		Tags:             []string{text, "another"},
		CustomProperties: []qrssim.SeedProperty{{Name: "group"}, {Name: "owner"}},
		Tasks: []qrssim.SeedTask{{
			ID: wanted, Name: text, Type: "external_program", Path: "x", Tags: []string{text},
			CustomProperties: []qrssim.SeedValue{{Name: "group", Value: text}},
		}, {
			ID: uuid.MustParse("00000000-0000-4000-8000-000000000002"), Name: "another", Type: "external_program", Path: "x",
			Tags: []string{"another"}, CustomProperties: []qrssim.SeedValue{{Name: "owner", Value: "another"}},
		}},
	}
	sim, err := qrssim.New(qrssim.Options{Seed: seed})
	if err != nil {
		t.Skip(err) // no text for a name
	}
	return wire(func(r *http.Request) (*http.Response, error) {
		recorder := httptest.NewRecorder()
		sim.Handler().ServeHTTP(recorder, r)
		return recorder.Result(), nil
	})
}

var wanted = uuid.MustParse("00000000-0000-4000-8000-000000000001")

// FuzzFilter builds filters of any text and sees that the simulator, whose parser
// was written apart, reads them and finds just what is meant.
func FuzzFilter(f *testing.F) {
	for _, text := range []string{"Finance", "Q1'25", "''", `\`, `\'`, "å ä ö", "a&b=c", "#1", "100 %", "%27", "+", "a' or name ne '", "(", "\u2028", "/x?y;z", `"q"`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || len(text) > 100 || strings.TrimSpace(text) != text || text == "" ||
			strings.ContainsFunc(text, unicode.IsControl) || strings.EqualFold(text, "another") {
			t.Skip()
		}
		client := to(t, simulated(t, text))
		for _, filter := range []qrs.Filter{
			qrs.Text("name", text),
			qrs.Text("tags.name", text),
			qrs.Text("customProperties.definition.name", "group").And(qrs.Text("customProperties.value", text)),
		} {
			tasks, err := client.Tasks(t.Context(), filter)
			if err != nil {
				t.Fatalf("%s: %v", filter, err)
			}
			if len(tasks) != 1 || tasks[0].ID != wanted || tasks[0].Name != text {
				t.Fatalf("%s: got %v", filter, tasks)
			}
		}
	})
}

// FuzzReplies gives arbitrary answers to every call: each is an error of the
// client's own kind or is taken, and no error is longer than people read.
func FuzzReplies(f *testing.F) {
	const id = "e3b27f50-b1c0-4879-88fc-c7cdd9c1cf3e"
	for _, body := range []string{
		`[]`, `{}`, `null`, `[null]`, `""`, `"x"`, "", "<html>", `{"value":"` + id + `"}`, `"` + id + `"`, `{"value":null}`, `{"value":7}`, `{"value":-7}`, `{"value":1e99}`,
		`[{"id":"` + id + `","name":"x","taskType":0,"enabled":true,"app":{"id":"` + id + `"},"customProperties":[{"value":"v","definition":{"name":"n"}}]}]`,
		`[{"id":"` + id + `","status":8,"startTime":"1753-01-01T00:00:00.000Z","stopTime":17,"duration":1,"details":[{"detailsType":0,"message":"m"}]}]`,
		`[{"status":1e99}]`, `{"id":"` + id + `","executionResult":{"status":-5}}`, strings.Repeat("[", 20000),
	} {
		for _, status := range []int{200, 201, 204, 302, 400, 403, 404, 500} {
			f.Add(status, body)
		}
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 999 {
			t.Skip()
		}
		client := to(t, always(status, body))
		for name, err := range call(t, client) {
			if err != nil && (len(err.Error()) > 4000 || strings.ContainsAny(err.Error(), "\r\n")) {
				t.Errorf("%s: %q", name, err)
			}
		}
	})
}

// call makes every call there is.
func call(t *testing.T, c *qrs.Client) map[string]error {
	ctx, id, errs := t.Context(), wanted, make(map[string]error)
	_, errs["tasks"] = c.Tasks(ctx, "")
	_, errs["start"] = c.Start(ctx, id)
	errs["stop"] = c.Stop(ctx, id)
	session, err := c.Session(ctx, id)
	errs["session"] = err
	if session != nil {
		_ = fmt.Sprint(session.Task(), session.Result.Status, session.Result.Over())
	}
	_, _, errs["executing"] = c.Executing(ctx, qrs.Task{ID: id})
	_, errs["reloading"] = c.Reloading(ctx, id)
	_, errs["results"] = c.Results(ctx, id)
	_, errs["apps"] = c.Apps(ctx)
	_, errs["between"] = c.ResultsBetween(ctx, time.Time{}, time.Time{})
	n, err := c.CountBetween(ctx, time.Time{}, time.Time{})
	if errs["count"] = err; n < 0 {
		t.Errorf("%d rows", n)
	}
	_, errs["log"] = c.ScriptLog(ctx, id, qrs.Result{ID: id, LogFile: id}, 100)
	return errs
}
